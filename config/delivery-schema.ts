/** The section `delivery` of config/sheepdog.yaml: the systems that give rewards, and how often they are tried. */

import { z } from 'zod';
import { isPublicAddress, literalAddress } from '../pipeline/act/public-address.ts';
import { duration, positiveDuration } from './duration.ts';

const positive = z.int().positive();

/** A system that gives rewards. Requests are signed; the keys come from SHEEPDOG_DELIVERY_KEYS. */
const endpoint = z
  .strictObject({
    url: z.string().min(1),
    /** Lets customers' data travel unencrypted: for a network of one's own. */
    allowHttp: z.boolean().default(false),
    /** Lets it stand inside: otherwise only addresses of the public internet are connected to. */
    allowPrivate: z.boolean().default(false),
    /** Until the answer's last byte. */
    timeoutMs: duration
      .refine((value) => value > 0 && value <= 20_000, 'longer than 0 and at most 20s')
      .prefault('10s'),
    /** Requests on their way at a time. */
    concurrency: positive.max(256).default(8),
    perSecond: positive.max(10_000).default(100),
  })
  .superRefine(({ url, allowHttp, allowPrivate }, context) => {
    const message = urlProblem(url, allowHttp, allowPrivate);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['url'], message });
  });

function urlProblem(text: string, allowHttp: boolean, allowPrivate: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['https:', 'http:'].includes(url.protocol)) {
    return 'write an address such as https://rewards.example.com/deliveries';
  }
  if (url.username !== '' || url.password !== '') {
    return 'no user name and password in an address: requests are signed instead';
  }
  if (url.protocol === 'http:' && !allowHttp) {
    return 'http is not encrypted: write https, or set allowHttp: true in a network of your own';
  }
  const literal = literalAddress(url);
  const inside =
    url.hostname === 'localhost' || (literal !== undefined && !isPublicAddress(literal));
  if (inside && !allowPrivate) {
    return `${url.hostname} is not a public address: set allowPrivate: true when it is meant`;
  }
  return undefined;
}

/** Deliveries: who gives what, and for how long it is tried. */
export const deliverySchema = z
  .strictObject({
    /** Who gives what; deliveries without an endpoint wait, and go out when one is configured. */
    endpoints: z
      .strictObject({
        voucher: endpoint.optional(),
        points: endpoint.optional(),
        cash: endpoint.optional(),
        goods: endpoint.optional(),
      })
      .prefault({}),
    /** Pauses double from `firstMs` to `maxMs`; what did not get through for `forMs` needs a person. */
    retry: z
      .strictObject({
        firstMs: positiveDuration.prefault('1s'),
        maxMs: positiveDuration.prefault('15m'),
        forMs: duration.prefault('3d'),
      })
      .prefault({}),
  })
  .prefault({});
