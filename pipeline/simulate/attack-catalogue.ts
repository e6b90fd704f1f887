/** Every attack the simulator knows, in the order in which their first waves come. */

import type { Attack } from './attack.ts';
import { campaignRush } from './attacks/campaign-rush.ts';
import { cardTesting } from './attacks/card-testing.ts';
import { deviceFarm } from './attacks/device-farm.ts';
import { impossibleTravel } from './attacks/impossible-travel.ts';
import { ipFarm } from './attacks/ip-farm.ts';
import { natFarm } from './attacks/nat-farm.ts';
import { quotaSniping } from './attacks/quota-sniping.ts';
import { refundCycling } from './attacks/refund-cycling.ts';
import { referralRing } from './attacks/referral-ring.ts';
import { scriptedSignUp } from './attacks/scripted-sign-up.ts';
import { scriptedSmallPayments } from './attacks/scripted-small-payments.ts';

export const ATTACKS: readonly Attack[] = [
  deviceFarm,
  ipFarm,
  scriptedSmallPayments,
  quotaSniping,
  cardTesting,
  scriptedSignUp,
  refundCycling,
  impossibleTravel,
  referralRing,
  natFarm,
  campaignRush,
];

/** The names that `--attack` takes. */
export const ATTACK_NAMES: readonly string[] = ATTACKS.map(({ name }) => name);
