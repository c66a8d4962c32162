/** Reads the links of the documentation, and the possible targets of links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const FENCED = /^ *(`{3,}|~{3,}).*\n[\s\S]*?^ *\1 *$/gm

/** Every page of the documentation, by its path in the repository. */
export function documentationPages(root: string): string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const pages = inDocs.filter((path) => path.endsWith('.md')).map((path) => `docs/${path}`)
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pages.toSorted()]
}

/** Links of a page whose target in the repository is absent. */
export function brokenLinks(root: string, page: string): string[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  return linksOf(read(page)).filter((target) => {
    const [path = '', anchor] = decodeURIComponent(target).split('#')
    const file = path === '' ? page : normalize(join(dirname(page), path))
    if (file.startsWith('..') || !existsSync(join(root, file))) return true
    return anchor !== undefined && !(file.endsWith('.md') && anchorsOf(read(file)).includes(anchor))
  })
}
/** Targets of the links and images of a page, without those on another host. */
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

/** Lower case; only letters, digits, - and _; a - for each space. A link is replaced by its text. */
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
