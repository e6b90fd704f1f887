/** Which files say how events are judged: what can be tried on a share of the accounts first. */

const JUDGING_FILE = /^(detectors\.yaml$|rules\/)/;

/** @param path below the configuration's root. */
export function isJudging(path: string): boolean {
  return JUDGING_FILE.test(path);
}
