import { describe, expect, it } from '@jest/globals'
import { MAX_UNCONFIRMED_REQUESTS } from '../../../../../../ingress/sip/limits.ts'
import { createUnconfirmedRequests } from '../../../../../../ingress/sip/native/transport/unconfirmed-requests.ts'
import { RecordedEvents } from './recorded-events.ts'

const GONE = new Error('gone')

describe('unconfirmed requests', () => {
  it('fail once', () => {
    const requests = createUnconfirmedRequests(new RecordedEvents())
    const failures: Error[] = []
    requests.add({ onFailure: (error) => failures.push(error) })
    requests.fail(GONE)
    requests.fail(GONE)
    expect(failures).toEqual([GONE])
  })

  it('do not fail once the destination has given a sign of life', () => {
    const requests = createUnconfirmedRequests(new RecordedEvents())
    const failures: string[] = []
    requests.add({ onFailure: () => failures.push('before') })
    requests.confirm()
    requests.add({ onFailure: () => failures.push('after') })
    requests.fail(GONE)
    expect(failures).toEqual(['after'])
  })

  it('are bounded: the oldest is left to its timer', () => {
    const requests = createUnconfirmedRequests(new RecordedEvents())
    const failures: number[] = []
    for (let i = 0; i <= MAX_UNCONFIRMED_REQUESTS; i++) requests.add({ onFailure: () => failures.push(i) })
    requests.fail(GONE)
    expect(failures.length).toBe(MAX_UNCONFIRMED_REQUESTS)
    expect(failures[0]).toBe(1)
  })

  it('may be added to by one that fails, without failing that one too', () => {
    const requests = createUnconfirmedRequests(new RecordedEvents())
    const failures: string[] = []
    const another = { onFailure: () => failures.push('the new one') }
    requests.add({ onFailure: () => requests.add(another) })
    requests.fail(GONE)
    expect(failures).toEqual([])
    requests.fail(GONE)
    expect(failures).toEqual(['the new one'])
  })

  it('all fail even if one of them throws, which becomes a fault', async () => {
    const events = new RecordedEvents()
    const requests = createUnconfirmedRequests(events)
    const failures: string[] = []
    const fails = (): never => {
      throw new Error('listener defect')
    }
    requests.add({ onFailure: fails })
    requests.add({ onFailure: () => failures.push('second') })
    requests.fail(GONE)
    expect(failures).toEqual(['second'])
    expect(await events.faults.take()).toMatchObject({ code: 'listener-threw' })
  })
})
