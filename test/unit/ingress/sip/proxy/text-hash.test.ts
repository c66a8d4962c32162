import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { TextHash } from '../../../../../ingress/sip/proxy/text-hash.ts'

const TEXT = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

describe('the hash of texts', () => {
  it('is that of earlier releases, whose pods see our requests and find their loops', () => {
    expect(new TextHash().text()).toBe('0ztntfp009zloz')
    expect(new TextHash().add('sip:+15551230000@192.0.2.1').add('1').text()).toBe('1gwuls411rmevu')
  })

  it('is the same of bytes as of their text', () => {
    fc.assert(
      fc.property(fc.array(TEXT), TEXT, (texts, last) => {
        const [ofTexts, ofBytes] = [new TextHash(), new TextHash()]
        for (const text of [...texts, last]) {
          ofTexts.add(text)
          const bytes = Buffer.from(`..${text}..`, 'latin1')
          ofBytes.addBytes(bytes, 2, bytes.length - 2)
        }
        expect(ofBytes.text()).toBe(ofTexts.text())
        expect(ofBytes.number()).toBe(ofTexts.number())
      }),
    )
  })
})
