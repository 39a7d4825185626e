/**
 * The device token in hexadecimal digits, as the path contains it. Its length is not fixed. `certain`: the
 * pushkey is not a token with any configuration. Otherwise it would be one with the other value of
 * `convert_device_token_to_hex`.
 */
export type DeviceToken = { token: string } | { token: undefined; certain: boolean }

const HEX = /^(?:[0-9a-f]{2})+$/i
// Both base64 alphabets, with or without padding.
const BASE64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/

export function deviceTokenOf(pushkey: string, options: { fromBase64: boolean }): DeviceToken {
  const isHex = HEX.test(pushkey)
  const isBase64 = pushkey !== '' && BASE64.test(pushkey)
  if (options.fromBase64 ? !isBase64 : !isHex) return { token: undefined, certain: !isHex && !isBase64 }
  return {
    token: options.fromBase64 ? Buffer.from(pushkey, 'base64').toString('hex') : pushkey.toLowerCase(),
  }
}
