import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { discoverDetectors } from '../../pipeline/detect/discover.ts';
import { campaignReport } from '../../pipeline/report/report.ts';
import { temporaryAnalytics, type TemporaryAnalytics } from '../support/chdb.ts';
import { insertAutumn } from './autumn.ts';

const { campaigns, placeholders, version } = await loadConfig('config', await discoverDetectors());

let store: TemporaryAnalytics;
beforeAll(async () => {
  store = await temporaryAnalytics();
  await insertAutumn(store.analytics);
});
afterAll(() => store.close());

test.each(campaigns)('the targets of $id are figures of its report', async (campaign) => {
  const settings = { marginBp: 60, placeholders, configVersion: version };
  const { sections, campaign: said } = await campaignReport(store.analytics, campaign, settings);
  const { rows } = sections['targets']!.tables['targets']!;
  expect(rows.map(({ target }) => target)).toEqual(Object.keys(campaign.targets));
  expect(rows.filter(({ met }) => met === 'not measured')).toEqual([]);
  expect(said.scope.length).toBeGreaterThan(0);
  expect(sections['money']!.tables['lines']!.rows.length).toBeGreaterThan(1);
});
