/** Whether a server answers, over HTTP or over HTTPS with an authority of our own. */
import { readFileSync } from 'node:fs'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

/** Milliseconds: a server that is starting may accept a connection before it can answer. */
const ANSWER_LIMIT_MS = 10_000

/** True for an answer of 200; false for any other answer, and without one. */
export function answersOk(url: string, caFile?: string): Promise<boolean> {
  const options = { timeout: ANSWER_LIMIT_MS, agent: false }
  const request = caFile === undefined ? getHttp(url, options) : getHttps(url, { ...options, ca: readFileSync(caFile) })
  return new Promise((resolve) => {
    request.on('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    // An attempt fails until the server listens: that means "no" here.
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}
