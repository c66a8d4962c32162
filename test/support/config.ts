/** What the run of jest tells the processes of its tests, by an environment variable. */
const SHARED_SERVER_PORT = 'SIP_DISPATCH_TEST_SERVER_PORT'

/** The port of 127.0.0.1 that answers where the run's API server is; undefined outside of a run. */
export function sharedServerPort(): number | undefined {
  const port = process.env[SHARED_SERVER_PORT]
  return port === undefined ? undefined : Number(port)
}

/** For the processes that jest starts from now on. */
export function setSharedServerPort(port: number): void {
  process.env[SHARED_SERVER_PORT] = String(port)
}
