/**
 * The layout of the system's structures is proven by this check at each start, on the machine and with the C library that the
 * process has. So it is not repeated here with numbers: what counts is that the check passes, and that it finds what is wrong.
 */
import { beforeEach, describe, expect, it } from '@jest/globals'
import { createBatchedDatagrams } from '../../../../../../../ingress/sip/native/transport/datagram/batched-datagrams.ts'
import { checkBatched } from '../../../../../../../ingress/sip/native/transport/datagram/start-check.ts'
import { type FaultyCalls, faultyCalls } from './faulty-calls.ts'

let calls: FaultyCalls
let fallBacks: string[]

beforeEach(async () => {
  calls = await faultyCalls()
  fallBacks = []
})

const check = (changed: Partial<FaultyCalls>) =>
  checkBatched(createBatchedDatagrams({ ...calls, ...changed }, (code) => fallBacks.push(code)))

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('the check at the start', () => {
  it('passes on this machine', async () => {
    await check({})
    expect(fallBacks).toEqual([])
  })

  it('fails where datagrams do not arrive as they were sent', async () => {
    const onlyFirst: FaultyCalls['sendmmsg'] = (...call) => {
      const [fd, messages, count, flags] = call
      calls.sendmmsg(fd, messages, 1, flags)
      return count
    }
    await expect(check({ sendmmsg: onlyFirst })).rejects.toThrow('datagrams to 127.0.0.1 did not arrive')
  })

  it('fails where a structure has another layout', async () => {
    const shifted: FaultyCalls['recvmmsg'] = (...call) => {
      const received = calls.recvmmsg(...call)
      // As if the length of a message stood one word before its place.
      if (received > 0) calls.memoryAt(call[1]).copyWithin(52, 56, 60).fill(0, 56, 60)
      return received
    }
    await expect(check({ recvmmsg: shifted })).rejects.toThrow('other bytes or from another source')
  })

  it.each(['recvmmsg', 'sendmmsg'] as const)('fails with the code where a filter forbids %s', async (call) => {
    calls.fail(call, 'EPERM', Number.POSITIVE_INFINITY)
    await expect(check({})).rejects.toThrow(`${call} EPERM`)
    expect(fallBacks).toEqual([])
  })

  it.each(['socket', 'bind'] as const)(
    'fails with the code where %s is refused, and leaves nothing behind',
    async (call) => {
      const before = timers()
      const refused = check({ [call]: () => -1, errorCode: () => 'EPERM' })
      await expect(refused).rejects.toMatchObject({ code: 'listen-failed', message: expect.stringContaining('EPERM') })
      expect(timers()).toBe(before)
    },
  )
})
