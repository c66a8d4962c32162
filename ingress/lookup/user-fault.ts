import type { UserFault } from '../route-table/user-reading.ts'

/** Words for the log and for `explain` that say why a number cannot be read. */
export function faultText(fault: UserFault): string {
  return TEXTS[fault]
}

const TEXTS: Readonly<Record<UserFault, string>> = {
  plus: 'it has a + that does not lead it, or more than one',
  zero: 'no country code begins with 0',
  digit: 'it has a digit other than 0 to 9',
  letter: 'it begins with + and has letters',
  code: 'it has * or # in a telephone number',
  symbol: 'it has a character that no number has',
  control: 'it has a control character',
  escape: 'it is escaped twice',
  address: 'it is an address inside an address',
  parameter: 'it has a parameter that is none or stands twice',
  context: 'its phone-context makes another number of it; set numbers.defaultRegion if that is the right one',
}
