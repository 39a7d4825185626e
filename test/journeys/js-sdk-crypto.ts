import assert from 'node:assert/strict'
import type * as sdk from 'matrix-js-sdk'
import type { CryptoApi, CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js'

// The parts of matrix-js-sdk's cryptography that several journeys use.

/** The `initial_state` of an encrypted room. */
export const ENCRYPTED = [
  { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
]

export function cryptoOf(client: sdk.MatrixClient): CryptoApi {
  const crypto = client.getCrypto()
  assert.ok(crypto, 'the client has cryptography')
  return crypto
}

/**
 * Options of a client with cryptography, and the key of the user's secret storage, as the user types it in at
 * each device.
 */
export function createVault(): { options: { withCrypto: true; cryptoCallbacks: CryptoCallbacks } } {
  let stored: { id: string; key: Uint8Array<ArrayBuffer> } | undefined
  return {
    options: {
      withCrypto: true,
      cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) =>
          stored && stored.id in keys ? [stored.id, stored.key] : null,
        cacheSecretStorageKey: (id, _info, key) => {
          stored = { id, key }
        },
      },
    },
  }
}

/** Creates the cross-signing keys and the secret storage with a key backup, as Element does after the first login. */
export async function setUpSecrets(client: sdk.MatrixClient): Promise<void> {
  const crypto = cryptoOf(client)
  await crypto.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: (send) => send(null),
  })
  const recoveryKey = await crypto.createRecoveryKeyFromPassphrase()
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => Promise.resolve(recoveryKey),
    setupNewKeyBackup: true,
  })
}
