import { describe, expect, it } from 'vitest';
import type { Decision, Finding } from '../../pipeline/decide/decision.ts';
import { NO_HITS, type ListChange } from '../../pipeline/decide/list-entry.ts';
import { ListGuard, type AutomaticListing } from '../../pipeline/decide/list-guard.ts';
import { LiveLists } from '../../pipeline/decide/live-lists.ts';
import { ExclusionRegistry } from '../../pipeline/detect/exclusion.ts';
import { EventBatch, EventView } from '../../pipeline/event.ts';
import { testDecoder } from './listed-events.ts';

const decoder = testDecoder();
const START_MS = Date.parse('2026-03-06T02:00:00Z');
const HOUR_MS = 3_600_000;

const SETTINGS: AutomaticListing = {
  to: 'watch',
  withinMs: 24 * HOUR_MS,
  expiresAfterMs: 7 * 24 * HOUR_MS,
  perHour: 20,
  latenessMs: 600_000,
};

const SHARED = new ExclusionRegistry({
  entries: [],
  sharedNetworks: [{ cidr: '100.64.0.0/10', reason: 'carrier' }],
});

interface Told {
  readonly account: string;
  readonly device?: string;
  readonly ip?: string;
  /** Detectors that found something, by the subject they spoke about. */
  readonly found?: readonly (readonly [detector: string, subject: Finding['subject']])[];
  readonly atMs?: number;
  readonly mode?: 'live' | 'shadow';
  readonly band?: 'review' | 'block';
  readonly late?: boolean;
  readonly listed?: Decision['listed'];
}

class Stage {
  readonly live = new LiveLists(1000);
  readonly guard: ListGuard;
  readonly changes: ListChange[] = [];
  #count = 0;

  constructor(settings: Partial<AutomaticListing> = {}, shared = SHARED) {
    this.guard = new ListGuard({ ...SETTINGS, ...settings }, this.live, shared);
  }

  tell(told: Told): this {
    const {
      account,
      device,
      ip,
      found = [],
      mode = 'live',
      band = 'block',
      listed = NO_HITS,
    } = told;
    const atMs = told.atMs ?? START_MS + this.#count * 1000;
    const json = {
      ...{ id: `e-${this.#count++}`, type: 'payment', accountId: account },
      ...{ deviceId: device, ip, occurredAt: new Date(atMs).toISOString() },
    };
    const batch = new EventBatch(1);
    expect(decoder.decode(Buffer.from(JSON.stringify(json)), atMs, batch)).toBeUndefined();
    batch.late[0] = Number(told.late ?? false);
    const findings = found.map(([detector, subject]): Finding => ({
      ...{ detector, mode, band, conclusive: false, measure: 9, threshold: 3, unit: 'accounts' },
      ...{ windowMs: HOUR_MS, subject, subjectValue: '', evidence: {} },
    }));
    const decision: Decision = { verdict: 'allow', reasons: [], findings, listed, late: false };
    this.guard.observe(new EventView(batch, 0), decision, this.changes);
    return this;
  }

  get entries(): string[] {
    return this.changes
      .filter(({ op }) => op === 'add')
      .map(({ list, kind, value }) => `${list} ${kind} ${value}`);
  }
}

const ABOUT_DEVICE = ['same-device', 'deviceId'] as const;
const ABOUT_IP = ['same-ip', 'ip'] as const;
const ABOUT_ACCOUNT = ['many-cards', 'accountId'] as const;

/** Two accounts of a farm on one device, each with something of its own against it. */
const farm = (stage: Stage): Stage =>
  stage
    .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] })
    .tell({ account: 'b', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] });

describe('an automatic entry', () => {
  it('comes of two detectors about two subjects on two accounts, ends by itself and says why', () => {
    const bases = new Map([
      ['same-device', new Set(['deviceId: distinct accountId'])],
      ['many-cards', new Set(['accountId: distinct cardId'])],
    ]);
    const stage = farm(new Stage({ bases }));
    expect(stage.entries).toEqual(['watch devices d']);
    expect(stage.changes.at(-1)).toMatchObject({
      id: 'auto_dec_e-1_devices',
      decisionId: 'dec_e-1',
      author: 'policy',
      occurredAtMs: START_MS + 1000,
      expiresAtMs: START_MS + 1000 + SETTINGS.expiresAfterMs,
    });
    expect(stage.live.size).toBe(1);
  });

  it.each<[string, Partial<AutomaticListing>, (stage: Stage) => Stage]>([
    ['when it is off', { to: 'off' }, farm],
    [
      'of one account alone',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] })
          .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] }),
    ],
    [
      'of what only speaks about other things',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'd', found: [ABOUT_IP] })
          .tell({ account: 'b', device: 'd', found: [ABOUT_ACCOUNT] }),
    ],
    [
      'of one detector',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ['same-device', 'ip']] })
          .tell({ account: 'b', device: 'd', found: [['same-device', 'accountId']] }),
    ],
    [
      'of a detector and a rule that look at the same thing',
      {
        bases: new Map([
          ['same-device', new Set(['deviceId: distinct accountId'])],
          ['same-ip', new Set(['deviceId: distinct accountId'])],
          ['many-cards', new Set(['accountId: count', 'deviceId: distinct accountId'])],
        ]),
      },
      farm,
    ],
    [
      'of findings in shadow',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'd', mode: 'shadow', found: [ABOUT_DEVICE, ABOUT_IP] })
          .tell({
            account: 'b',
            device: 'd',
            mode: 'shadow',
            found: [ABOUT_DEVICE, ABOUT_ACCOUNT],
          }),
    ],
    [
      'of findings that only ask for a review',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'd', band: 'review', found: [ABOUT_DEVICE, ABOUT_IP] })
          .tell({
            account: 'b',
            device: 'd',
            band: 'review',
            found: [ABOUT_DEVICE, ABOUT_ACCOUNT],
          }),
    ],
    [
      'of findings too far apart',
      {},
      (stage) =>
        stage.tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] }).tell({
          account: 'b',
          device: 'd',
          found: [ABOUT_DEVICE, ABOUT_ACCOUNT],
          atMs: START_MS + SETTINGS.withinMs,
        }),
    ],
    [
      'of late events',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] })
          .tell({ account: 'b', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT], late: true }),
    ],
    ['beyond the cap of an hour', { perHour: 0 }, farm],
    [
      'about a network that many people share',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', ip: '100.64.0.1', found: [ABOUT_IP, ABOUT_DEVICE] })
          .tell({ account: 'b', ip: '100.64.0.1', found: [ABOUT_IP, ABOUT_ACCOUNT] }),
    ],
    [
      'about a placeholder',
      {},
      (stage) =>
        stage
          .tell({ account: 'a', device: 'unknown', found: [ABOUT_DEVICE, ABOUT_IP] })
          .tell({ account: 'b', device: 'unknown', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] }),
    ],
  ])('does not come %s', (_, settings, play) => {
    expect(play(new Stage(settings)).entries).toEqual([]);
  });

  it('leaves alone what a person has put on a list', () => {
    const hit = { list: 'allow', kind: 'devices', value: 'd', reason: 'branch tablet' } as const;
    const listed = [{ ...hit, author: 'li', entryId: '1-0.0' }];
    const stage = new Stage()
      .tell({ account: 'a', device: 'd', listed, found: [ABOUT_DEVICE, ABOUT_IP] })
      .tell({ account: 'b', device: 'd', listed, found: [ABOUT_DEVICE, ABOUT_ACCOUNT] });
    expect(stage.changes).toEqual([]);
  });
});

describe('a value that joins more accounts than its kind should', () => {
  it('is not listed while somebody has to say whether it is a hub', () => {
    const hubs = new ExclusionRegistry({ entries: [], sharedNetworks: [] });
    hubs.apply({
      ...{ id: 'propose_dec_e_devices', op: 'propose', kind: 'devices', value: 'd' },
      ...{ accounts: 40, hubLimit: 20, actor: 'policy', reason: 'hub', decisionId: 'dec_e' },
      ...{ occurredAtMs: START_MS, expiresAtMs: undefined },
    });
    expect(farm(new Stage({}, hubs)).entries).toEqual([]);
  });
});

describe('an attacker who wants a victim listed', () => {
  it('fails with the device that he claims as soon as its owner uses it', () => {
    const stage = new Stage()
      .tell({ account: 'attacker-1', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] })
      // The owner is found by what the attacker did to the device, and by nothing of his own.
      .tell({ account: 'victim', device: 'd', found: [ABOUT_DEVICE] })
      .tell({ account: 'attacker-2', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] })
      .tell({ account: 'attacker-3', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] });
    expect(stage.entries).toEqual([]);
    expect(stage.changes.map(({ op }) => op)).toEqual(['witness', 'spare']);
  });

  it('fails with an address that honest neighbours share', () => {
    const stage = new Stage()
      .tell({ account: 'attacker-1', ip: '203.0.113.9', found: [ABOUT_IP, ABOUT_ACCOUNT] })
      .tell({ account: 'neighbour', ip: '203.0.113.9' })
      .tell({ account: 'attacker-2', ip: '203.0.113.9', found: [ABOUT_IP, ABOUT_ACCOUNT] });
    expect(stage.entries).toEqual([]);
  });

  it('spares a value only for the time of one suspicion', () => {
    const stage = new Stage()
      .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] })
      .tell({ account: 'victim', device: 'd' });
    const later = START_MS + SETTINGS.withinMs;
    stage
      .tell({ account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP], atMs: later })
      .tell({ account: 'b', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT], atMs: later + 1 });
    expect(stage.entries).toEqual(['watch devices d']);
  });
});

describe('a restart', () => {
  it('goes on from the same evidence, wherever it falls', () => {
    const story: Told[] = [
      { account: 'a', device: 'd', found: [ABOUT_DEVICE, ABOUT_IP] },
      { account: 'x', device: 'spared', found: [ABOUT_DEVICE, ABOUT_IP] },
      { account: 'victim', device: 'spared' },
      { account: 'a', device: 'other', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] },
      { account: 'b', device: 'd', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] },
      { account: 'y', device: 'spared', found: [ABOUT_DEVICE, ABOUT_ACCOUNT] },
      { account: 'b', device: 'other', found: [ABOUT_DEVICE, ABOUT_IP] },
    ].map((told, index) => ({ ...told, atMs: START_MS + index * 1000 }));
    const through = new Stage({ perHour: 1 });
    for (const told of story) through.tell(told);
    expect(through.entries).toEqual(['watch devices d']);
    for (let cut = 0; cut <= story.length; cut++) {
      const first = new Stage({ perHour: 1 });
      for (const told of story.slice(0, cut)) first.tell(told);
      const second = new Stage({ perHour: 1 });
      for (const change of first.changes) {
        second.live.apply(change, decoder, START_MS);
        second.guard.restore(change);
      }
      for (const told of story.slice(cut)) second.tell(told);
      const said = [...first.changes, ...second.changes].map(({ op, value }) => `${op} ${value}`);
      expect(said).toEqual(through.changes.map(({ op, value }) => `${op} ${value}`));
    }
  });
});
