/** An error of the system with its code, in the form that Node's own sockets report it. */
export function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call })
}
