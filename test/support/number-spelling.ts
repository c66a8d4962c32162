/** Characters that people, address books and devices write between digits, and that gateways remove. */
export const DROPPED: readonly string[] = [
  ' -.()/,_',
  '\u00a0\u2002\u2003\u2007\u2009\u202f\u3000',
  '\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d',
  '\u00ad\u200b\u200c\u200d\u200e\u2060\ufeff\u202a\u202c',
].flatMap((characters) => characters.split(''))
