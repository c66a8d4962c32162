import { describe, expect, it } from '@jest/globals'
import { goodputPicture } from '../../../../bench/overload/goodput-picture.ts'

const LINES = [
  {
    name: 'one & <two>',
    points: [
      { offered: 0.5, goodput: 0.5 },
      { offered: 4, goodput: 0.25 },
    ],
  },
  { name: 'three', points: [{ offered: 1, goodput: 1 }] },
]

/** The elements that are still open at the end, and a stray closing tag: both must be none. */
function unbalanced(xml: string): string[] {
  const open: string[] = []
  for (const [, closing, name = '', single] of xml.matchAll(
    /<(\/?)([a-z]+)(?: [a-z-]+(?::[a-z]+)?="[^"<&]*")*(\/?)>/gi,
  )) {
    if (closing === '/' && open.pop() !== name) return [`</${name}>`]
    if (closing !== '/' && single !== '/') open.push(name)
  }
  return open
}

/** What is left when all complete tags are taken out: no bracket, and no bare ampersand. */
function textOf(xml: string): string {
  return xml.replaceAll(/<\/?[a-z]+(?: [a-z-]+(?::[a-z]+)?="[^"<&]*")*\/?>/gi, '')
}

describe('the picture of goodput', () => {
  const picture = goodputPicture('Goodput & load', LINES)

  it('is well-formed', () => {
    expect(unbalanced(picture)).toEqual([])
    expect(textOf(picture)).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /)
  })

  it('has a title and a description for those who do not see it', () => {
    expect(picture).toContain('role="img" aria-labelledby="title description"')
    expect(picture).toContain('<title id="title">Goodput &amp; load</title>')
    expect(picture).toMatch(
      /<desc id="description">.*one &amp; &lt;two&gt;: 0\.50 at 0\.50, 0\.25 at 4\.00\..*<\/desc>/,
    )
  })

  it('draws points where the axes say', () => {
    // Of a plot from (70, 380) to (700, 80) with 0 to 4 along and 0 to 1.2 up.
    expect(picture).toContain('class="line line0" stroke-dasharray="none" d="M148.75 255L700 317.5"')
    expect(picture).toContain('>4.0</text>')
    expect(picture).not.toContain('>4.5</text>')
  })

  it('has colours for light and for dark', () => {
    expect(picture).toMatch(/\.line1\{stroke:#b3400d\}[\s\S]*prefers-color-scheme:dark[\s\S]*\.line1\{stroke:#ffa657\}/)
  })

  it('refuses a fourth server, which would look like another', () => {
    expect(() => goodputPicture('x', [...LINES, ...LINES])).toThrow('room for 3 servers')
  })
})
