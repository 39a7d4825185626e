import { domainToASCII } from 'node:url'

// RFC 5321, sections 4.5.3.1 and 4.1.2, without quoted local parts and address literals, which are not used in
// practice.
const MAX_LOCAL_BYTES = 64
const MAX_ADDRESS_BYTES = 254
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** Characters that could end a command or a header at a mail server. */
const HOSTILE = /[\p{C}\s]/u

/**
 * The canonical form of an e-mail address (Matrix appendices, "3PID Types"): lower case, and the domain in its ASCII
 * form. Undefined for text that is not a plain address.
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > 2 * MAX_ADDRESS_BYTES || HOSTILE.test(text)) return undefined
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at).toLowerCase()
  const domain = domainToASCII(text.slice(at + 1))
  const address = `${local}@${domain}`
  const isFine =
    at > 0 &&
    LOCAL.test(local) &&
    DOMAIN.test(domain) &&
    !/^[\d.]+$/.test(domain) &&
    local.length <= MAX_LOCAL_BYTES &&
    address.length <= MAX_ADDRESS_BYTES
  return isFine ? address : undefined
}
