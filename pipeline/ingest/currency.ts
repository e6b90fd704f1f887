/**
 * The currencies of ISO 4217, as text that is checked in: workers on different releases of Node must not disagree on
 * what an event is, and Unicode's table, which Node brings along, leaves out what no country spends (CLF, USN) and
 * follows ISO when it gets round to it.
 */

/** List one (current), published by SIX on 2026-01-01; without XXX and XTS, which say that there is no currency. */
const CURRENT = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
  CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
  GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
  KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
  MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
  SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
  USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD
  XPF XPT XSU XUA YER ZAR ZMW ZWG
`;

/**
 * Withdrawn since 2000, the first year that `ingest.earliest` lets in as shipped: list three of 2018-08-20, and what
 * list one has lost since. An old payment is refunded in the currency that it was made in.
 */
const FORMER = `
  ADP AFA ANG AON AOR ATS AYM AZM BEF BGL BGN BYB BYR CHC CSD CUC CYP DEM ECS ECV EEK ESP FIM FRF
  GHC GHP GRD HRK IEP ITL LTL LUF LVL MGF MRO MTL MZM NLG PTE ROL RUR SDD SIT SKK SLL SRG STD TJR
  TMM TPE TRL USS VEB VEF XFO XFU YUM ZMK ZWD ZWL ZWN ZWR
`;

/** All codes, former ones too. */
export const CURRENCIES: readonly string[] = `${CURRENT} ${FORMER}`.trim().split(/\s+/);

const A = 0x41;
const LETTERS = 26;

/** By its three letters as a number of base 26. */
const KNOWN = new Uint8Array(LETTERS ** 3);
for (const code of CURRENCIES) KNOWN[numberOf(Buffer.from(code), 0)] = 1;

/** Whether bytes `from` to `to` are the code of a currency. */
export function isCurrency(bytes: Uint8Array, from: number, to: number): boolean {
  return isCode(bytes, from, to) && KNOWN[numberOf(bytes, from)] === 1;
}

/** Whether they have its form, three capital letters: what was taken for a currency once stays readable on record. */
export function isCode(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== 3) return false;
  for (let at = from; at < to; at++) {
    if (bytes[at]! < A || bytes[at]! >= A + LETTERS) return false;
  }
  return true;
}

function numberOf(bytes: Uint8Array, from: number): number {
  const first = bytes[from]! - A;
  const second = bytes[from + 1]! - A;
  return (first * LETTERS + second) * LETTERS + bytes[from + 2]! - A;
}
