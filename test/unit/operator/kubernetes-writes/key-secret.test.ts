import { describe, expect, it } from '@jest/globals'
import { ApiError } from '../../../../operator/api/api-error.ts'
import { ensureKeySecret, type SecretData } from '../../../../operator/kubernetes-writes/key-secret.ts'
import { strongKey } from '../../../support/strong-key.ts'

/** Keys that differ from each other. */
function counting() {
  let calls = 0
  return (count: number) => {
    calls++
    return new Uint8Array(count).fill(calls)
  }
}

/** The place of one Secret, in which `faster` appears just before this program would make its own. */
function place(found: SecretData | undefined, faster?: SecretData) {
  const state = { stored: found, writes: 0 }
  const api = {
    get: async () => state.stored,
    create: async (data: SecretData) => {
      state.writes++
      state.stored ??= faster
      if (state.stored) throw new ApiError({ code: 'api_already_exists', status: 409, message: 'it exists' })
      state.stored = data
    },
  }
  return { state, api }
}

const KEY = strongKey('secret').toString('base64')
const WHOLE = { 'cookie.current': KEY, 'sealing.current': KEY }

describe('the Secret with the keys', () => {
  it('is made with two different keys of 32 bytes', async () => {
    const { api, state } = place(undefined)
    expect(await ensureKeySecret(api, counting())).toBe('created')
    expect(state.stored).toEqual({
      'cookie.current': Buffer.alloc(32, 1).toString('base64'),
      'sealing.current': Buffer.alloc(32, 2).toString('base64'),
    })
  })

  it('is not written where it exists, with previous keys or without', async () => {
    const { api, state } = place({ ...WHOLE, 'cookie.previous': KEY })
    expect(await ensureKeySecret(api, counting())).toBe('exists')
    expect(state.writes).toBe(0)
  })

  it('is that of the replica that was faster', async () => {
    const { api, state } = place(undefined, WHOLE)
    expect(await ensureKeySecret(api, counting())).toBe('exists')
    expect(state.stored).toEqual(WHOLE)
  })

  it.each([
    ['lacks a key', { 'cookie.current': KEY }, /sealing\.current of the key Secret is missing/],
    ['has a short key', { ...WHOLE, 'cookie.current': 'AAAA' }, /cookie\.current of the key Secret has only 3 bytes/],
    [
      'has a key of zeros',
      { ...WHOLE, 'sealing.current': Buffer.alloc(32).toString('base64') },
      /sealing\.current .* one byte only/,
    ],
    [
      'has a blank key',
      { ...WHOLE, 'cookie.current': Buffer.alloc(40, '\n').toString('base64') },
      /cookie\.current .* blanks/,
    ],
  ])('is refused, and left alone, where it %s', async (_, data, message) => {
    const { api, state } = place(data)
    const failure = await ensureKeySecret(api, counting()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'key_secret_invalid', message: expect.stringMatching(message) })
    expect(state.writes).toBe(0)
  })

  it('is not said to exist when the API server refuses to make it', async () => {
    const { api } = place(undefined)
    const forbidden = new ApiError({ code: 'api_forbidden', status: 403, message: 'no' })
    const refusing = { ...api, create: () => Promise.reject(forbidden) }
    await expect(ensureKeySecret(refusing, counting())).rejects.toBe(forbidden)
  })
})
