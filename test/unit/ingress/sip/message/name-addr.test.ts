import { describe, expect, it } from '@jest/globals'
import { parseNameAddr, splitList } from '../../../../../ingress/sip/message/name-addr.ts'

describe('a name-addr', () => {
  it.each([
    ['<sip:a@h>', 'sip:a@h', ''],
    ['"A \\"<x>, y" <sip:a@h;lr?b=c> ; tag = 1', 'sip:a@h;lr?b=c', '; tag = 1'],
    ['caller<sip:a@h>;tag=1', 'sip:a@h', ';tag=1'],
    ['Bell, Alexander <sip:a@h>', 'sip:a@h', ''],
    ['"W" < sip:a@h >', 'sip:a@h', ''],
    ['sip:a@h;tag=1', 'sip:a@h', ';tag=1'],
    ['tel:+1', 'tel:+1', ''],
    [' sip:a@h ', 'sip:a@h', ''],
  ])('%j has URI %j and parameters %j (RFC 3261 §20.10)', (text, uri, parameters) => {
    expect(parseNameAddr(text)).toEqual({ uri, parameters })
  })

  it.each(['', '<>', '<sip:a', '"open <sip:a@h>', '<sip:a> x', ';tag=1', '"name"'])('is none: %j', (text) => {
    expect(parseNameAddr(text)).toBeUndefined()
  })
})

describe('a comma-separated list', () => {
  it.each([
    ['a,b , c', ['a', 'b', 'c']],
    ['"x, \\" y" <sip:a,b@h>, <sip:c>', ['"x, \\" y" <sip:a,b@h>', '<sip:c>']],
    [' , a,, ', ['a']],
    ['', []],
    ['\u000ba\u000b,"\u00c3\u00a0"\u00a0', ['\u000ba\u000b', '"\u00c3\u00a0"\u00a0']],
    ['"open, a', ['"open, a']],
    ['<open, a', ['<open, a']],
  ])('%j has the values %j', (text, values) => {
    expect(splitList(text)).toEqual(values)
  })
})
