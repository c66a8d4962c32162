/**
 * Measures a forwarded call (INVITE, 100, 180, 200, ACK, BYE, 200, record-routed), compared with Kamailio.
 * Run: npx node bench/forwarded-call.ts [--quick] [--profile] [--rules N]
 */
import { runCallBenchmark } from './call-benchmark.ts'

// RFC 6026 §7: Timers L and M keep an accepted INVITE for 32 s; Kamailio removes it after wt_timer, 5 s.
await runCallBenchmark({ scenario: 'forwarded', settleSeconds: { sipDispatch: 34, kamailio: 6 } })
