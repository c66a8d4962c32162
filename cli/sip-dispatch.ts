#!/usr/bin/env node
/**
 * The start of every command. Signal handlers are set before the program is loaded, for two reasons. The first process of a
 * container ignores SIGTERM unless it has a handler. And without a handler for SIGUSR1, Node opens a debugger for anyone who
 * sends that signal.
 */
import { takeSignals } from './stop-signal.ts'

takeSignals()
const { main } = await import('./program.ts')
await main()
