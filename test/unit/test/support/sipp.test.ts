import { describe, expect, it } from '@jest/globals'
import { faultsIn } from '../../../support/sipp.ts'

const HEADING = 'The following events occurred:\n'
const event = (text: string): string => `2026-01-02\t03:04:05.678901\t1767323045.678901: ${text}`
const dead = (how: string, status: string): string =>
  event(`Dead call 7-11@127.0.0.1 (${how}), received 'SIP/2.0 ${status}\r\nCSeq: 2 BYE\r\n\r\n'`)

describe('what sipp logged as errors', () => {
  it('is nothing where all are repeated answers to calls that went well', () => {
    expect(faultsIn(`${HEADING}${dead('successful', '100 Trying')}${dead('successful', '200 OK')}`)).toBe('')
    expect(faultsIn('')).toBe('')
  })

  it('is nothing where sipp did not get its turn for a while', () => {
    const late = event('Overload warning: the minor watchdog timer 500ms has been tripped (508), 119 trips remaining.')
    expect(faultsIn(`${HEADING}${late}${late}`)).toBe('')
  })

  it.each([
    event("Aborting call on unexpected message: 'SIP/2.0 503 Service Unavailable\r\n\r\n'"),
    dead('successful', '503 Service Unavailable'),
    dead('aborted', '200 OK'),
  ])('keeps everything else: %j', (fault) => {
    expect(faultsIn(`${HEADING}${dead('successful', '200 OK')}${fault}`)).toBe(`${HEADING}${fault}`)
    expect(faultsIn('no such file')).toBe('no such file')
  })
})
