/** Of which events an offer is, and on which days: the parts of config/campaigns/*.yaml that narrow it down. */

import { z } from 'zod';
import { identifier, text } from './campaign-values.ts';

/** ISO order: index + 1 is the number of the day. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

const values = z.array(text).min(1, 'name at least one value');

export const when = z
  .strictObject({
    channel: values.optional(),
    category: values.optional(),
    instrument: values.optional(),
    merchant: z
      .union([values, z.strictObject({ list: identifier })], {
        error: 'write a list of merchants, or { list: partners }',
      })
      .optional(),
  })
  .prefault({})
  .transform(({ merchant, ...rest }) => ({
    ...rest,
    merchant: Array.isArray(merchant) ? merchant : undefined,
    /** The campaign's list that names the merchants. */
    merchantList: merchant === undefined || Array.isArray(merchant) ? undefined : merchant.list,
  }));
