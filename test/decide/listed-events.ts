/** A decoder for tests of lists: keys and masks are those of the path. */

import { Decoder } from '../../pipeline/ingest/decode.ts';

export function testDecoder(): Decoder {
  return new Decoder({
    hashSeed: [1, 2],
    placeholders: ['unknown'],
    cardTokenKey: 'tests',
    limits: {
      maxRecordBytes: 1_048_576,
      maxDepth: 8,
      maxAmountMinor: 100_000_000_000,
      earliestMs: 0,
      maxFutureMs: 1e15,
    },
  });
}
