/**
 * Characters that cannot be seen, or that change how other text is shown: they move the cursor, end a line or turn the
 * direction of text. These are all controls (C0, DEL, C1), formats (bidi, zero width, tags) and separators of lines and
 * paragraphs. Tabs and line ends are not among them.
 */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const TAB = 0x09
const LINE_FEED = 0x0a

/**
 * Replaces each unprintable character by its JSON escape, such as `\u2028`. The meaning of a line of JSON stays the same,
 * and a terminal shows the escape. Tabs and line ends are not replaced.
 */
export function printableText(text: string): string {
  return isPrintableAscii(text) ? text : text.replace(UNPRINTABLE, escaped)
}

/** Replaces what `printableText` replaces, and line ends too: for text that must be one line. */
export function printableLine(text: string): string {
  return printableText(text).replace(/\n/g, '\\n')
}

/** Most text has only such characters, and for those a loop is faster than the expression. */
function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7e || (code < 0x20 && code !== TAB && code !== LINE_FEED)) return false
  }
  return true
}

function escaped(character: string): string {
  let text = ''
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  return text
}
