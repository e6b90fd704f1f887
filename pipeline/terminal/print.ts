/** Results of a command on the standard output. */

import type { Screen } from './print-rows.ts';
import { visibleLines } from './terminal-text.ts';

/**
 * Waits until it is out: what a pipe has not taken yet is lost when the process ends. A terminal shows what it would
 * obey; a pipe and a file get the text as it is.
 */
export function print(text: string, screen: Screen = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    screen.write(screen.isTTY === true ? visibleLines(text) : text, () => {
      resolve();
    });
  });
}
