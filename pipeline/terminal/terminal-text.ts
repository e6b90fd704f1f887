/** Text that others chose, such as a device's name in an event, made fit for a terminal. */

/**
 * What moves the cursor, ends a line, turns the direction of writing or cannot be seen: with an escape sequence in
 * a field of an event, an attacker would erase or forge lines on an operator's screen.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const UNSEEN_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

const PLAIN = /^[ -~]*$/;

/** Halfwidth letters of scripts that are wide else. */
const NARROW = /^[\uff61-\uffdc\uffe8-\uffee]/u;
/** Two columns of a terminal, by Unicode's East Asian Width. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\u30fb\u30fc\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]|^\p{Emoji}\ufe0f/u;
/** A mark without a letter to stand on. */
const MARK = /^\p{M}/u;

const LETTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** One line, with \u001b for what is not seen, as in JSON: text of a JSON string stays one. */
export function visible(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSEEN, escaped);
}

/** As `visible`, of a text whose ends of lines are our own. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN_IN_LINES, escaped);
}

function escaped(unseen: string): string {
  return Array.from({ length: unseen.length }, (_, n) => {
    return `\\u${unseen.charCodeAt(n).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** Columns of a terminal that a visible text takes: two for a Chinese letter. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of LETTERS.segment(text)) width += letterWidth(segment);
  return width;
}

function letterWidth(letter: string): number {
  if (WIDE.test(letter) && !NARROW.test(letter)) return 2;
  return MARK.test(letter) ? 0 : 1;
}

/** A visible text in pieces of at most so many columns; no letter is cut, and there is one piece at least. */
export function piecesOf(text: string, columns: number): string[] {
  if (widthOf(text) <= columns) return [text];
  const pieces: string[] = [];
  let piece = '';
  let width = 0;
  for (const { segment } of LETTERS.segment(text)) {
    const more = letterWidth(segment);
    if (width + more > columns && piece !== '') {
      pieces.push(piece);
      piece = '';
      width = 0;
    }
    piece += segment;
    width += more;
  }
  return [...pieces, piece];
}

/** Spaces on the right, or on the left, up to so many columns. */
export function padded(text: string, columns: number, to: 'right' | 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return to === 'right' ? spaces + text : text + spaces;
}
