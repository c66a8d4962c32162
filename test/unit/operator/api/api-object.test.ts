import { describe, expect, it } from '@jest/globals'
import { readApiObject, readApiObjectPage, readWatchEvent } from '../../../../operator/api/api-object.ts'

const metadata = { name: 'a', namespace: 'team-a', uid: 'u', resourceVersion: '5' }

const event = (type: string, object: unknown) => JSON.stringify({ type, object })

describe('what an API server sends', () => {
  it('is kept whole, with what identifies it checked', () => {
    expect(readApiObject({ kind: 'K', metadata: { ...metadata, labels: { x: 'y' } }, spec: 1 })).toEqual({
      kind: 'K',
      metadata: { ...metadata, labels: { x: 'y' } },
      spec: 1,
    })
    const { namespace: _, ...ofCluster } = metadata
    expect(readApiObject({ metadata: ofCluster }).metadata.namespace).toBe('')
  })

  it('is a page, with more to come or not', () => {
    const page = { metadata: { resourceVersion: '9', continue: 'more' }, items: [{ metadata }] }
    expect(readApiObjectPage(page)).toMatchObject({
      resourceVersion: '9',
      continueToken: 'more',
      items: [{ metadata }],
    })
    const empty = { metadata: { resourceVersion: '9' }, items: null }
    expect(readApiObjectPage(empty)).toEqual({ resourceVersion: '9', continueToken: '', items: [] })
  })

  it.each(['ADDED', 'MODIFIED', 'DELETED'])('is an event %s with its object', (type) => {
    expect(readWatchEvent(event(type, { metadata }))).toEqual({ type, object: { metadata } })
  })

  it('is a bookmark, of which only the version counts', () => {
    const bookmark = event('BOOKMARK', { metadata: { resourceVersion: '40', creationTimestamp: null } })
    expect(readWatchEvent(bookmark)).toEqual({ type: 'BOOKMARK', resourceVersion: '40' })
  })

  it('is thrown where it is an error', () => {
    const gone = event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' })
    expect(() => readWatchEvent(gone)).toThrow(expect.objectContaining({ code: 'api_expired' }))
  })

  it.each([
    ['no JSON', '{"type":'],
    ['no object', event('ADDED', null)],
    ['an unknown type', event('RENAMED', { metadata })],
    ['an object without a uid', event('ADDED', { metadata: { name: 'a', resourceVersion: '5' } })],
    ['a bookmark without a version', event('BOOKMARK', { metadata: {} })],
  ])('is refused with what to do where it is %s', (_, line) => {
    const refusal = { code: 'api_response_invalid', message: expect.stringContaining('look for a proxy') }
    expect(() => readWatchEvent(line)).toThrow(expect.objectContaining(refusal))
  })

  it.each([[undefined], [{ items: [] }], [{ metadata: {}, items: [] }]])('is no page: %j', (value) => {
    expect(() => readApiObjectPage(value)).toThrow(expect.objectContaining({ code: 'api_response_invalid' }))
  })
})
