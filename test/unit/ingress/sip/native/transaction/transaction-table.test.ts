import { describe, expect, it } from '@jest/globals'
import { TransactionTable } from '../../../../../../ingress/sip/native/transaction/transaction-table.ts'
import { ClientBench } from '../../../../../support/client-transaction-bench.ts'
import { ServerBench } from '../../../../../support/server-transaction-bench.ts'

const server = () => new ServerBench({ kind: 'invite', reliable: false }, `${nextKey()}`).transaction
const client = () => new ClientBench({ kind: 'invite', reliable: false }, `${nextKey()}`).transaction

let keys = 0
function nextKey(): number {
  keys += 1
  return keys
}

describe('the transaction table', () => {
  it('finds the transactions that were added, each among its own', () => {
    const table = new TransactionTable<string>()
    const [incoming, outgoing] = [server(), client()]
    expect([table.addServer(incoming), table.addClient(outgoing)]).toEqual([true, true])
    expect(table.server(incoming.key)).toBe(incoming)
    expect(table.client(outgoing.key)).toBe(outgoing)
    expect(table.client(incoming.key)).toBeUndefined()
    expect(table.server(outgoing.key)).toBeUndefined()
    expect(table.open).toBe(2)
  })

  it('forgets what is removed', () => {
    const table = new TransactionTable<string>()
    const [incoming, outgoing] = [server(), client()]
    table.addServer(incoming)
    table.addClient(outgoing)
    table.removeServer(incoming)
    table.removeClient(outgoing)
    expect(table.server(incoming.key)).toBeUndefined()
    expect(table.client(outgoing.key)).toBeUndefined()
    expect(table.open).toBe(0)
  })

  it('refuses a key that is taken, and does not remove its owner for the one it refused', () => {
    const table = new TransactionTable<string>()
    const first = new ServerBench({ kind: 'invite', reliable: false }, 'shared').transaction
    const second = new ServerBench({ kind: 'invite', reliable: false }, 'shared').transaction
    expect([table.addServer(first), table.addServer(second)]).toEqual([true, false])
    table.removeServer(second)
    expect(table.server('shared')).toBe(first)
    const branch = new ClientBench({ kind: 'invite', reliable: false }, 'shared').transaction
    const other = new ClientBench({ kind: 'invite', reliable: false }, 'shared').transaction
    expect([table.addClient(branch), table.addClient(other)]).toEqual([true, false])
    table.removeClient(other)
    expect(table.client('shared')).toBe(branch)
  })

  it('holds no more than its limits allow, each kind for itself, and says when it is full', () => {
    const table = new TransactionTable<string>({ servers: 2, clients: 1 })
    const first = server()
    expect([table.addServer(first), table.addServer(server())]).toEqual([true, true])
    expect([table.serversFull, table.clientsFull]).toEqual([true, false])
    expect(table.addServer(server())).toBe(false)
    expect([table.addClient(client()), table.addClient(client())]).toEqual([true, false])
    expect(table.clientsFull).toBe(true)
    table.removeServer(first)
    expect(table.serversFull).toBe(false)
    expect(table.open).toBe(2)
  })
})
