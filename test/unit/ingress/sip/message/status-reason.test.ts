import { expect, it } from '@jest/globals'
import { reasonPhrase } from '../../../../../ingress/sip/message/status-reason.ts'

it.each([
  [100, 'Trying'],
  [407, 'Proxy Authentication Required'],
  [440, 'Max-Breadth Exceeded'],
  [503, 'Service Unavailable'],
  [607, 'Unwanted'],
])('%i is %s', (status, reason) => {
  expect(reasonPhrase(status)).toBe(reason)
})

it.each([
  [299, 'OK'],
  [499, 'Bad Request'],
  [599, 'Server Internal Error'],
  [700, 'Unknown'],
])('%i, which nobody registered, has the phrase of its class: %s (RFC 3261 §8.1.3.2)', (status, reason) => {
  expect(reasonPhrase(status)).toBe(reason)
})
