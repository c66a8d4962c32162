/** Headers that say who calls, without a proof. */
import { headerIdOf } from './header-name.ts'

/**
 * Headers that are trusted inside a trust domain only, so that they MUST NOT pass when they come from outside:
 * P-Asserted-Identity (RFC 3325 §5); its forerunner Remote-Party-ID, which many systems read where the first is absent
 * (draft-ietf-sip-privacy-04); P-Served-User (RFC 5502 §4); and P-Charge-Info (RFC 8496 §7).
 */
export const ASSERTED_IDENTITIES: readonly string[] = [
  'P-Asserted-Identity',
  'Remote-Party-ID',
  'P-Served-User',
  'P-Charge-Info',
]

/** The same headers by number. */
export const ASSERTED_IDENTITY_IDS: readonly number[] = ASSERTED_IDENTITIES.map(headerIdOf)

/** The identity that a user agent prefers: it is meant for the first proxy only, which must remove it (RFC 3325 §6). */
export const PREFERRED_IDENTITY = 'P-Preferred-Identity'

/** RFC 3325 §7: whether any Privacy header contains `id`, on however many lines. */
export function asksForPrivacy(values: readonly string[]): boolean {
  return values.some((value) => /(?:^|[;,])\s*id\s*(?:[;,]|$)/i.test(value))
}
