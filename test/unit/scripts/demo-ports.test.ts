import { describe, expect, it } from '@jest/globals'
import { otherPortCommand, startCommand, valuesOf } from '../../../scripts/demo-ports.ts'

const UDP = 'error: cannot listen on udp://127.0.0.1:5060: EADDRINUSE; another socket has this address'
const HTTP = 'error: cannot listen for HTTP on 127.0.0.1:9090: the address is in use; choose another with --http'

const anyPort = async (): Promise<boolean> => true

describe('the command for another port', () => {
  it('moves both usual addresses where one is taken', async () => {
    expect(await otherPortCommand(UDP, [], anyPort)).toBe(
      'npm start -- --listen udp://127.0.0.1:5061 --listen tcp://127.0.0.1:5061',
    )
    expect(await otherPortCommand(UDP.replace('udp:', 'tcp:'), [], anyPort)).toBe(
      'npm start -- --listen udp://127.0.0.1:5061 --listen tcp://127.0.0.1:5061',
    )
  })

  it('moves the addresses of the port alone, and keeps every other argument', async () => {
    const args = ['--listen=udp://127.0.0.1:5060', '--rule-series', '5', '--listen', 'tcp://127.0.0.1:7000']
    expect(await otherPortCommand(UDP, args, anyPort)).toBe(
      'npm start -- --rule-series 5 --listen udp://127.0.0.1:5061 --listen tcp://127.0.0.1:7000',
    )
  })

  it('moves the metrics, and quotes what a shell would take for its own', async () => {
    expect(await otherPortCommand(HTTP, ['--http', '127.0.0.1:9090', '--rules', "it's"], anyPort)).toBe(
      "npm start -- --rules 'it'\\''s' --http 127.0.0.1:9091",
    )
    const six = UDP.replace('127.0.0.1', '[::1]')
    expect(await otherPortCommand(six, ['--listen', 'udp://[::1]:5060'], anyPort)).toBe(
      "npm start -- --listen 'udp://[::1]:5061'",
    )
  })

  it('names the address that was taken where the environment had it', async () => {
    const said = UDP.replace('5060', '6000')
    expect(await otherPortCommand(said, [], anyPort)).toBe('npm start -- --listen udp://127.0.0.1:6001')
  })

  it('names a port that is free', async () => {
    const free = async (host: string, port: number): Promise<boolean> => host === '127.0.0.1' && port === 5064
    expect(await otherPortCommand(UDP, ['--listen', 'udp://127.0.0.1:5060'], free)).toMatch(/:5064$/)
  })

  it.each([
    ['error: cannot listen on udp://127.0.0.1:80: EACCES; ports below 1024'],
    ["error: unknown option '--bogus'"],
    [''],
  ])('is not said of other errors: %s', async (said) => {
    expect(await otherPortCommand(said, [], anyPort)).toBeUndefined()
  })
})

describe('the values of a flag', () => {
  it('are found in both ways of writing it', () => {
    expect(valuesOf(['--rules', 'a', '--rules=b', '--other', 'c', '--rules'], '--rules')).toEqual(['a', 'b'])
  })
})

it('the command to start needs no separator where there are no arguments', () => {
  expect([startCommand([]), startCommand(['--http', 'a b'])]).toEqual(['npm start', "npm start -- --http 'a b'"])
})
