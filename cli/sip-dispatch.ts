#!/usr/bin/env node
/**
 * The start of every command. Signal handlers are set before the program is loaded, for two reasons. The first process of a
 * container ignores SIGTERM if it has no handler. Without a handler for SIGUSR1, Node opens a debugger for anyone who sends
 * this signal.
 */
import { takeSignals } from './stop-signal.ts'

takeSignals()
const { main } = await import('./program.ts')
await main()
