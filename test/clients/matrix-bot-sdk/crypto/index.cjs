// matrix-bot-sdk loads its cryptography from @matrix-org/matrix-sdk-crypto-nodejs, whose native library is downloaded by an installation script and is not in
// the package. This file has the part of its interface that matrix-bot-sdk uses, over @matrix-org/matrix-sdk-crypto-wasm: the same Rust
// library, built for WebAssembly by the same project. Keys are in memory, because that build stores them only in a browser.
const wasm = require('@matrix-org/matrix-sdk-crypto-wasm')

/** The build for WebAssembly takes the ownership of its parameters, so each call needs new objects. */
class Id {
  constructor(id) {
    this.id = id
  }
  toString() {
    return this.id
  }
}
class UserId extends Id {}
class DeviceId extends Id {}
class RoomId extends Id {}

const usersOf = (ids) => ids.map(({ id }) => new wasm.UserId(id))

class DeviceLists {
  constructor(changed = [], left = []) {
    Object.assign(this, { changed, left })
  }
}

class EncryptionSettings {}

/** The body of a to-device request includes its type and transaction id in the native build. */
const toDeviceRequest = (request) => ({
  id: request.txn_id,
  txnId: request.txn_id,
  eventType: request.event_type,
  type: request.type,
  body: JSON.stringify({
    ...JSON.parse(request.body),
    event_type: request.event_type,
    txn_id: request.txn_id,
  }),
})

const requestOf = (request) => (request instanceof wasm.ToDeviceRequest ? toDeviceRequest(request) : request)

class OlmMachine {
  static async initialize(userId, deviceId) {
    const machine = new OlmMachine()
    machine.inner = await wasm.OlmMachine.initialize(
      new wasm.UserId(userId.id),
      new wasm.DeviceId(deviceId.id),
    )
    return machine
  }

  get identityKeys() {
    return this.inner.identityKeys
  }

  async outgoingRequests() {
    return (await this.inner.outgoingRequests()).map(requestOf)
  }

  markRequestAsSent(id, type, response) {
    return this.inner.markRequestAsSent(id, type, response)
  }

  async receiveSyncChanges(toDevice, lists, counts, fallbackKeys) {
    const processed = await this.inner.receiveSyncChanges(
      toDevice,
      new wasm.DeviceLists(usersOf(lists.changed), usersOf(lists.left)),
      new Map(Object.entries(counts ?? {})),
      new Set(fallbackKeys ?? []),
    )
    return JSON.stringify(processed.map(({ rawEvent }) => JSON.parse(rawEvent)))
  }

  updateTrackedUsers(users) {
    return this.inner.updateTrackedUsers(usersOf(users))
  }

  getMissingSessions(users) {
    return this.inner.getMissingSessions(usersOf(users))
  }

  async shareRoomKey(roomId, users, { historyVisibility, rotationPeriod, rotationPeriodMessages }) {
    const settings = new wasm.EncryptionSettings()
    Object.assign(settings, { historyVisibility, rotationPeriodMessages })
    // The unit is microseconds.
    settings.rotationPeriod = rotationPeriod * 1000n
    const requests = await this.inner.shareRoomKey(new wasm.RoomId(roomId.id), usersOf(users), settings)
    return requests.map(toDeviceRequest)
  }

  encryptRoomEvent(roomId, type, content) {
    return this.inner.encryptRoomEvent(new wasm.RoomId(roomId.id), type, content)
  }

  decryptRoomEvent(event, roomId) {
    const settings = new wasm.DecryptionSettings(wasm.TrustRequirement.Untrusted)
    return this.inner.decryptRoomEvent(event, new wasm.RoomId(roomId.id), settings)
  }
}

const { Attachment, EncryptedAttachment } = wasm
module.exports = {
  Attachment,
  DeviceId,
  DeviceLists,
  EncryptedAttachment,
  EncryptionSettings,
  OlmMachine,
  RoomId,
  UserId,
}
