/**
 * The API server that a run of jest shares. It is started at a test's first request, by jest's own process, which outlives the
 * processes of the tests.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setSharedServerPort } from './config.ts'
import { type PrivateKubernetesApi, type SharedServerAnswer, startKubernetesApi } from './kubernetes-api.ts'

let listener: Server | undefined
let starting: Promise<PrivateKubernetesApi> | undefined

/** Listens for requests of tests. */
export async function offerSharedServer(): Promise<void> {
  listener = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    void answer().then((place) => socket.end(JSON.stringify(place)))
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address !== null && typeof address === 'object') setSharedServerPort(address.port)
}

/** Ends the server, if one was started. */
export async function endSharedServer(): Promise<void> {
  listener?.close()
  const api = await starting?.catch(() => undefined)
  await api?.stop()
}

async function answer(): Promise<SharedServerAnswer> {
  starting ??= startKubernetesApi()
  try {
    return { place: (await starting).place }
  } catch (error) {
    return { error: String(error) }
  }
}
