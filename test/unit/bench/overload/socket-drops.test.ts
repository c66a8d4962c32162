import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { datagramDrops } from '../../../../bench/overload/socket-drops.ts'

describe('the drops of a socket', () => {
  it('are what the kernel did not keep, while nobody read', async () => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4096 }).bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    const sender = createSocket('udp4')
    sender.connect(port, '127.0.0.1')
    await once(sender, 'connect')
    expect(datagramDrops(port)).toBe(0)
    // All of them leave in this turn of the event loop, in which nothing is read.
    for (let i = 0; i < 100; i++) sender.send(Buffer.alloc(1000))
    const drops = datagramDrops(port)
    expect(drops).toBeGreaterThan(50)
    expect(drops).toBeLessThan(100)
    sender.close()
    socket.close()
    await once(socket, 'close')
    expect(() => datagramDrops(port)).toThrow(`no UDP socket has port ${port}`)
  })
})
