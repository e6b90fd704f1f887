/**
 * A cursor over the bytes of JSON text: the few tokens that the scanner takes, each strict or refused.
 *
 * It reads four bytes at a time and may look past the record into whatever lies behind it in memory, which
 * can change no answer: the position only ever grows, and the scan counts only when it ends exactly at the
 * record's last byte.
 */

const QUOTE = 0x22;
const MINUS = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;

/** The most digits of a number that a double holds exactly. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

/** Bytes that must lie behind the record so that reading by words stays inside memory. */
const MARGIN = 8;
/** A record at the very end of its memory is copied here first; longer ones are left to the general path. */
const SCRATCH_BYTES = 65_536;

export class ByteCursor {
  bytes: Buffer = Buffer.alloc(0);
  /** Offsets below are into this view; the record starts at `base` and ends before `end`. */
  view: DataView = new DataView(new ArrayBuffer(0));
  base = 0;
  end = 0;
  at = 0;
  /** The last string's content. */
  from = 0;
  to = 0;
  /** Whether a string held a byte beyond ASCII: then the whole must be checked to be UTF-8. */
  beyondAscii = false;
  private memory: ArrayBufferLike = this.view.buffer;
  private memoryView: DataView = this.view;
  private readonly scratch = Buffer.from(new ArrayBuffer(SCRATCH_BYTES));
  private readonly scratchView: DataView = new DataView(this.scratch.buffer);

  /** Goes to the start of a record; false when it cannot be read by words. */
  start(bytes: Buffer): boolean {
    this.bytes = bytes;
    this.beyondAscii = false;
    const memory = bytes.buffer;
    if (memory !== this.memory) {
      this.memory = memory;
      this.memoryView = new DataView(memory);
    }
    let base = bytes.byteOffset;
    this.view = this.memoryView;
    if (base + bytes.length + MARGIN > memory.byteLength) {
      if (bytes.length + MARGIN > SCRATCH_BYTES) return false;
      bytes.copy(this.scratch);
      base = 0;
      this.view = this.scratchView;
    }
    this.base = base;
    this.at = base;
    this.end = base + bytes.length;
    return true;
  }

  /** Whether everything is taken but blanks. */
  atEnd(): boolean {
    this.skipBlanks();
    return this.at === this.end;
  }

  /** Takes blanks, the byte and blanks, if the byte comes next. */
  take(byte: number): boolean {
    this.skipBlanks();
    if (this.at >= this.end || this.view.getUint8(this.at) !== byte) return false;
    this.at++;
    this.skipBlanks();
    return true;
  }

  /** Takes these bytes if they come next. */
  takeBytes(word: Uint8Array): boolean {
    if (this.at + word.length > this.end) return false;
    for (let i = 0; i < word.length; i++) {
      if (this.view.getUint8(this.at + i) !== word[i]) return false;
    }
    this.at += word.length;
    return true;
  }

  /**
   * Takes the content of a string without escapes, and its closing quote; the opening one is taken already.
   * A byte needs a look when it is a quote, a backslash, a control character or beyond ASCII: of the lowest
   * such byte of a word, the sums below set the top bit, and of no byte before it.
   */
  string(): boolean {
    const view = this.view;
    const end = this.end;
    let at = this.at;
    this.from = at;
    while (at < end) {
      const word = view.getInt32(at, true);
      const marks =
        (((word ^ 0x22222222) - 0x01010101) |
          ((word ^ 0x5c5c5c5c) - 0x01010101) |
          (word - 0x20202020) |
          word) &
        0x80808080;
      if (marks === 0) {
        at += 4;
        continue;
      }
      at += (31 - Math.clz32(marks & -marks)) >> 3;
      const byte = view.getUint8(at);
      if (byte === QUOTE) {
        this.to = at;
        this.at = at + 1;
        return true;
      }
      if (byte < 0x80) return false;
      this.beyondAscii = true;
      at++;
    }
    return false;
  }

  /** Takes a whole number of at most 15 digits without sign; NaN when it is anything else. */
  integer(): number {
    const first = this.at;
    const value = this.digits();
    const length = this.at - first;
    if (length === 0 || length > EXACT_DIGITS || this.hasZeroInFront(first, length)) return NaN;
    return value;
  }

  /**
   * Takes a decimal number without exponent of at most 15 digits; NaN when it is anything else. Both the digits
   * and the power of ten are exact doubles, so that one division rounds as JSON.parse does.
   */
  decimal(): number {
    const negative = this.view.getUint8(this.at) === MINUS;
    if (negative) this.at++;
    const first = this.at;
    let value = this.digits();
    const whole = this.at - first;
    if (whole === 0 || whole > EXACT_DIGITS || this.hasZeroInFront(first, whole)) return NaN;
    if (this.view.getUint8(this.at) === DOT) {
      const dot = this.at++;
      const fraction = this.digits();
      const decimals = this.at - dot - 1;
      if (decimals === 0 || whole + decimals > EXACT_DIGITS) return NaN;
      const power = POWERS_OF_TEN[decimals]!;
      value = (value * power + fraction) / power;
    }
    return (negative ? -value : value) + 0;
  }

  skipBlanks(): void {
    const { view, end } = this;
    let at = this.at;
    while (at < end && isBlank(view.getUint8(at))) at++;
    this.at = at;
  }

  private hasZeroInFront(first: number, length: number): boolean {
    return length > 1 && this.view.getUint8(first) === DIGIT_0;
  }

  private digits(): number {
    const { view, end } = this;
    let at = this.at;
    let value = 0;
    for (; at < end; at++) {
      const digit = view.getUint8(at) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    return value;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
