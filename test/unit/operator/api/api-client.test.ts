import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type ApiClient, apiClient } from '../../../../operator/api/api-client.ts'
import type { ApiRequestReport } from '../../../../operator/api/api-wire.ts'
import { API_REQUEST_CONNECTIONS } from '../../../../operator/api/limits.ts'
import { gathered } from '../../../support/gathered.ts'

const LEASES = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace: 'sip' }

const PATH = '/apis/coordination.k8s.io/v1/namespaces/sip/leases'

const OBJECT = { metadata: { name: 'a', namespace: 'sip', uid: 'u', resourceVersion: '5' } }

interface Request {
  readonly line: string
  readonly type: string | undefined
  readonly authorization: string | undefined
  readonly body: string
}

let folder: string
let server: Server
let client: ApiClient
let answer: (request: Request, response: ServerResponse) => void
const requests: Request[] = []
const reports: ApiRequestReport[] = []
const connections = new Set<unknown>()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-api-client-'))
  answer = (_, response) => response.end(JSON.stringify(OBJECT))
  server = createServer((incoming, response) => void take(incoming, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  writeKubeconfig('first')
  client = apiClient({ file: join(folder, 'kubeconfig'), onRequest: (report) => reports.push(report) })
})

afterEach(async () => {
  await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
  for (const seen of [requests, reports]) seen.length = 0
  connections.clear()
})

async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers, socket } = incoming
  const request = {
    line: `${method} ${url}`,
    type: headers['content-type'],
    authorization: headers.authorization,
    body: await text(incoming),
  }
  requests.push(request)
  connections.add(socket)
  answer(request, response)
}

function address(): string {
  const place = server.address()
  if (place === null || typeof place === 'string') throw new Error('the server does not listen')
  return `127.0.0.1:${place.port}`
}

function writeKubeconfig(token: string): void {
  const cluster = { server: `http://${address()}`, 'insecure-skip-tls-verify': true }
  const config = {
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'sip' } }],
    'current-context': 'test',
  }
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
}

describe('a client of the API', () => {
  it('knows its server and its namespace before it has connected anywhere', () => {
    expect([client.server, client.namespace, connections.size]).toEqual([`http://${address()}`, 'sip', 0])
  })

  it('sends each verb as the API wants it', async () => {
    const write = { path: { name: 'a' }, body: { spec: 1 } }
    expect(await client.get(LEASES, { name: 'a' })).toEqual(OBJECT)
    await client.create(LEASES, { spec: 1 })
    await client.replace(LEASES, write)
    const status = { path: { name: 'a', subresource: 'status' as const }, body: { spec: 1 } }
    await client.mergePatch(LEASES, { ...status, fieldManager: 'me' })
    await client.mergePatch(LEASES, write)
    expect(requests.map(({ line, type, body }) => [line, type, body])).toEqual([
      [`GET ${PATH}/a`, undefined, ''],
      [`POST ${PATH}`, 'application/json', '{"spec":1}'],
      [`PUT ${PATH}/a`, 'application/json', '{"spec":1}'],
      [`PATCH ${PATH}/a/status?fieldManager=me`, 'application/merge-patch+json', '{"spec":1}'],
      [`PATCH ${PATH}/a`, 'application/merge-patch+json', '{"spec":1}'],
    ])
    expect(reports.map(({ method, code, host }) => [method, code, host])[0]).toEqual(['GET', '200', address()])
  })

  it('keeps its connections: one request after another takes two at most', async () => {
    for (let i = 0; i < 20; i++) await client.get(LEASES, { name: 'a' })
    expect(connections.size).toBeLessThanOrEqual(2)
  })

  it('can still write when it watches more collections than it has connections for requests', async () => {
    answer = (request, response) => {
      if (request.line.includes('watch=true')) response.flushHeaders()
      else response.end(JSON.stringify(OBJECT))
    }
    const { signal } = new AbortController()
    const options = { resourceVersion: '5', timeoutSeconds: 300, onContact: () => undefined, signal }
    for (let i = 0; i <= API_REQUEST_CONNECTIONS; i++) await client.watch(LEASES, options)
    expect(await client.replace(LEASES, { path: { name: 'a' }, body: OBJECT })).toEqual(OBJECT)
  })

  it('reads its credentials anew on 401, and tries once more', async () => {
    answer = ({ authorization }, response) => {
      response.statusCode = authorization === 'Bearer second' ? 200 : 401
      response.end(JSON.stringify(OBJECT))
    }
    await expect(client.get(LEASES, { name: 'a' })).rejects.toMatchObject({ code: 'api_unauthorized' })
    expect(requests).toHaveLength(2)
    writeKubeconfig('second')
    expect(await client.get(LEASES, { name: 'a' })).toEqual(OBJECT)
  })

  it('says what is wrong with credentials that have gone', async () => {
    answer = (_, response) => response.writeHead(401).end()
    rmSync(join(folder, 'kubeconfig'))
    await expect(client.get(LEASES, { name: 'a' })).rejects.toMatchObject({ code: 'api_credentials' })
  })

  it('throws what the server says is wrong', async () => {
    answer = (_, response) => {
      response.writeHead(429, { 'retry-after': '3' }).end(JSON.stringify({ kind: 'Status', message: 'slow down' }))
    }
    await expect(client.get(LEASES, { name: 'a' })).rejects.toMatchObject({
      ...{ name: 'ApiError', code: 'api_throttled', status: 429, retryAfterMilliseconds: 3_000 },
      message: 'the API server answered 429: slow down',
    })
  })

  it.each([
    ['nobody answers', (response: ServerResponse) => response.destroy(), '<error>'],
    ['an answer breaks off', (response: ServerResponse) => breakOff(response), '200'],
  ])('says that the server is unreachable where %s', async (_, fail, code) => {
    answer = (_request, response) => fail(response)
    await expect(client.get(LEASES, { name: 'a' })).rejects.toMatchObject({ code: 'api_unreachable', status: 0 })
    expect(reports.map((report) => report.code)).toEqual([code])
  })

  it('lists page by page', async () => {
    answer = (_, response) => response.end(JSON.stringify({ metadata: { resourceVersion: '9' }, items: [OBJECT] }))
    const { signal } = new AbortController()
    const page = await client.list(LEASES, { limit: 500, continueToken: 'a b', signal })
    expect(page).toMatchObject({ resourceVersion: '9', items: [OBJECT] })
    expect(requests[0]?.line).toMatch(/\?limit=500&continue=a(\+|%20)b$/)
  })

  it('watches with bookmarks until the server ends it', async () => {
    answer = (_, response) => response.end(`${JSON.stringify({ type: 'ADDED', object: OBJECT })}\n`)
    let contacts = 0
    const { signal } = new AbortController()
    const onContact = () => contacts++
    const events = await client.watch(LEASES, { resourceVersion: '5', timeoutSeconds: 300, onContact, signal })
    expect(await gathered(events)).toEqual([{ type: 'ADDED', object: OBJECT }])
    expect(contacts).toBeGreaterThan(0)
    const query = 'watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300'
    expect(requests[0]?.line).toBe(`GET ${PATH}?${query}`)
  })

  it('lets a watch go with the reason that it is given', async () => {
    answer = (_, response) => response.flushHeaders()
    const abort = new AbortController()
    const options = { resourceVersion: '5', timeoutSeconds: 300, onContact: () => undefined, signal: abort.signal }
    const events = gathered(await client.watch(LEASES, options))
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(events).rejects.toBe(reason)
  })
})

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{', () => response.destroy())
}
