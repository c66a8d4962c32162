/** Where the links of a page of Markdown lead, and what can be led to. */

const FENCED = /^ *(`{3,}|~{3,}).*\n[\s\S]*?^ *\1 *$/gm

/** Targets of the links and images of a page, but for those to another host. */
export function linksOf(markdown: string): string[] {
  const text = withoutCode(markdown)
  const inline = [...text.matchAll(/\]\(<?([^\s)>]+)>?(?: "[^"]*")?\)/g)]
  const defined = [...text.matchAll(/^ {0,3}\[[^\]]+\]: *<?([^\s>]+)>?/gm)]
  return [...inline, ...defined].flatMap(([, target = '']) => (/^[a-z][a-z0-9+.-]*:/i.test(target) ? [] : [target]))
}

/** The anchors of the headings of a page, as GitHub makes them: a repeated one gets a number. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>()
  return [...markdown.replaceAll(FENCED, '').matchAll(/^ {0,3}#{1,6} +(.*?) *#* *$/gm)].map(([, heading = '']) => {
    const slug = slugOf(heading)
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

/** Lower case, letters, digits, - and _ only, a - for each space; of a link its text remains. */
function slugOf(heading: string): string {
  const text = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(FENCED, '').replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '')
}
