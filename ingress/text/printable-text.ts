/**
 * Characters that cannot be seen, or that affect the place where they are shown: they move the cursor, end a line or turn the
 * direction of text. These are all controls (C0, DEL, C1), formats (bidi, zero width, tags) and separators of lines and
 * paragraphs. Tabs and line ends are excepted.
 */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * Replaces each unprintable character by its JSON escape, such as `\u2028`. A line of JSON keeps its meaning, and a terminal
 * shows the character. Tabs and line ends stay.
 */
export function printableText(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** Like `printableText`, for text that must be one line: line ends are escaped too. */
export function printableLine(text: string): string {
  return printableText(text).replace(/\n/g, '\\n')
}

function escaped(character: string): string {
  let text = ''
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  return text
}
