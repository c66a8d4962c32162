import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type CertificateAuthority, createCertificateAuthority } from '../../support/certificate-authority.ts'
import { type DrachtioHarness, SECRET, startDrachtioHarness } from '../../support/drachtio-harness.ts'
import { startDrachtioServer } from '../../support/drachtio-server.ts'
import { describeWith } from '../../support/real-part.ts'
import { requestText } from '../../support/sip-text.ts'

let folder = ''
let harness: DrachtioHarness

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sip-dispatch-drachtio-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

afterEach(() => harness.close())

describe('the file of the secret', () => {
  it('is read again at every connecting, and a line break at its end is no part of it', async () => {
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'old\n')
    harness = await startDrachtioHarness({ ready: false, config: { secretFile } })
    await harness.comes(() => harness.faults().includes('drachtio-secret-refused'))
    writeFileSync(secretFile, `${SECRET}\n`)
    harness.clock.advance(15_000)
    await harness.comes(() => harness.engine.unready?.length === 0)
    expect(harness.server.secrets).toEqual(['old', SECRET])
  })

  it.each([
    ['that is not there', undefined, 'cannot be read'],
    ['with what separates the words of the protocol', 'a|b', 'holds a line break or a |'],
    ['of blanks', ' \n', 'holds no secret'],
    ['of two lines', 'a\nb\n', 'holds a line break or a |'],
  ])('%s is told of, and no server hears of it', async (_name, content, message) => {
    const secretFile = join(folder, `secret-${message.length}`)
    if (content !== undefined) writeFileSync(secretFile, content)
    harness = await startDrachtioHarness({ ready: false, config: { secretFile } })
    await harness.comes(() => harness.faults().includes('drachtio-secret-unusable'))
    expect(harness.engine.unready).toEqual([expect.stringContaining(message)])
    expect(harness.server.secrets).toEqual([])
    rmSync(secretFile, { force: true })
  })
})

describeWith(['openssl'], 'a server over TLS', () => {
  let authority: CertificateAuthority
  let tls: { readonly cert: Buffer; readonly key: Buffer }

  beforeAll(async () => {
    authority = await createCertificateAuthority(folder)
    const issued = await authority.issue({ name: 'drachtio', subject: '/CN=drachtio', names: ['IP:127.0.0.1'] })
    tls = { cert: readFileSync(issued.certificateFile), key: readFileSync(issued.keyFile) }
  })

  it('is spoken to over TLS only, after a lost connection as well', async () => {
    harness = await startDrachtioHarness({ server: { tls }, config: { caFile: authority.caFile } })
    const { server, comes } = harness
    server.cut()
    // A connection without TLS would never be accepted here.
    await comes(() => server.accepted() === 2 && server.routes().length === 8)
    await harness.receives(server.receive(requestText({ uri: 'sip:+44@192.0.2.1' })), [100, 503])
    expect(server.secrets).toEqual([SECRET, SECRET])
  })

  it('that nobody vouches for does not hear the secret', async () => {
    harness = await startDrachtioHarness({ ready: false, server: { tls } })
    await harness.comes(() => harness.faults().includes('drachtio-unreachable'))
    expect(harness.server.secrets).toEqual([])
  })

  it('that speaks no TLS does not hear the secret either', async () => {
    const plain = await startDrachtioServer({ secret: SECRET })
    const servers = [{ host: '127.0.0.1', port: plain.port, tls: true }]
    harness = await startDrachtioHarness({ ready: false, config: { servers, caFile: authority.caFile } })
    await harness.comes(() => harness.faults().includes('drachtio-unreachable'))
    expect([plain.accepted() > 0, plain.secrets]).toEqual([true, []])
    await plain.close()
  })
})
