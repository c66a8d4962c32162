/**
 * Characters that move the cursor, end a line or turn the direction of a text in whatever shows it, or cannot be seen: all
 * controls (C0, DEL, C1), formats (bidi, zero width, tags) and separators of lines and paragraphs. Not tabs and line ends.
 */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * The text with each of them as JSON writes it, `\u2028`: a line of JSON says the same as before, and a terminal shows what
 * is there. Tabs and line ends stay.
 */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** The same for text that is one line: its line ends are written out too. */
export function printableLine(text: string): string {
  return printableText(text).replace(/\n/g, '\\n')
}

function escaped(character: string): string {
  let text = ''
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  return text
}
