import { existsSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { describeWith } from '../../../support/real-part.ts'
import { startRedisServer } from '../../../support/redis-server.ts'

describeWith(['redis'], 'a Redis server of a test', () => {
  it('keeps its data and port over a crash, and leaves nothing behind', async () => {
    const redis = await startRedisServer()
    await redis.command('SET', 'key', 'value')
    await redis.kill()
    await expect(redis.command('GET', 'key')).rejects.toThrow('REDIS_COMMAND')
    await redis.restart()
    expect(await redis.command('GET', 'key')).toBe('value')
    await redis.restart({ data: 'lost' })
    expect(await redis.command('GET', 'key')).toBe('')
    await redis.stop()
    expect(existsSync(redis.folder)).toBe(false)
  })

  it('asks for the password, and holds other users to what they may do', async () => {
    const redis = await startRedisServer({ password: 'secret', users: ['user reader on >low ~* &* +@read'] })
    expect(redis.url).toBe(`redis://:secret@127.0.0.1:${redis.port}`)
    expect(await redis.command('ACL', 'DRYRUN', 'reader', 'GET', 'key')).toBe('OK')
    expect(await redis.command('ACL', 'DRYRUN', 'reader', 'SET', 'key', 'value')).toMatch('has no permissions')
    await redis.stop()
  })

  it('speaks TLS, and demands a client certificate where it is told to', async () => {
    const redis = await startRedisServer({ tls: 'mutual' })
    expect(redis.url).toBe(`rediss://127.0.0.1:${redis.port}`)
    expect(await redis.command('PING')).toBe('PONG')
    await redis.stop()
  })

  it('copies another server', async () => {
    const primary = await startRedisServer({ password: 'secret' })
    const replica = await startRedisServer({ replicaOf: primary })
    await primary.command('SET', 'key', 'value')
    expect(await primary.command('WAIT', '1', '5000')).toBe('1')
    expect(await replica.command('GET', 'key')).toBe('value')
    await replica.stop()
    await primary.stop()
  })
})
