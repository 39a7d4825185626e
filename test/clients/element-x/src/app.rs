//! One user's app: a client with its stores on disk, which syncs while it is in the foreground.

use std::{env, future::Future, path::PathBuf, time::Duration};

use matrix_sdk::cross_process_lock::CrossProcessLockConfig;
use matrix_sdk::{
    Client, Room, RoomState,
    authentication::matrix::MatrixSession,
    encryption::{BackupDownloadStrategy, EncryptionSettings},
    ruma::{
        OwnedEventId, OwnedRoomId, RoomId, UserId,
        api::client::{
            push::{PusherIds, PusherInit, PusherKind},
            room::create_room::v3::{Request as CreateRoom, RoomPreset},
        },
        events::{
            AnyInitialStateEvent, InitialStateEvent,
            room::{
                encryption::RoomEncryptionEventContent,
                message::{OriginalSyncRoomMessageEvent, RoomMessageEventContent},
            },
        },
        push::{HttpPusherData, PushFormat},
    },
    sliding_sync::VersionBuilder,
    store::RoomLoadSettings,
};
use matrix_sdk_ui::sync_service::SyncService;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::{Outcome, STEP};

pub struct App {
    pub client: Client,
    store: PathBuf,
    sync: SyncService,
    read: mpsc::UnboundedReceiver<String>,
}

impl App {
    pub async fn log_in(name: &str) -> Outcome<Self> {
        let store = PathBuf::from(env::var("BELFRY_CLIENT_STORE")?).join(name);
        let client = open(&store, "app").await?;
        client
            .matrix_auth()
            .login_username(name, &env::var("BELFRY_PASSWORD")?)
            .initial_device_display_name("Element X")
            .send()
            .await?;
        client.encryption().wait_for_e2ee_initialization_tasks().await;
        let (sender, read) = mpsc::unbounded_channel();
        client.add_event_handler(move |event: OriginalSyncRoomMessageEvent, _room: Room| {
            let sender = sender.clone();
            async move {
                let _ = sender.send(event.content.body().to_owned());
            }
        });
        let sync = SyncService::builder(client.clone())
            .with_offline_mode()
            .with_share_pos(true)
            .build()
            .await?;
        sync.start().await;
        Ok(Self {
            client,
            store,
            sync,
            read,
        })
    }

    pub fn user_id(&self) -> &UserId {
        self.client.user_id().expect("logged in")
    }

    pub async fn stop(&self) {
        self.sync.stop().await;
    }

    pub async fn start(&self) {
        self.sync.start().await;
    }

    /// A client on the stores of the app, as the notification extension opens it in its own process.
    pub async fn open_extension(&self) -> Outcome<Client> {
        let session: MatrixSession = self.client.matrix_auth().session().ok_or("no session")?;
        let client = open(&self.store, "extension").await?;
        client
            .matrix_auth()
            .restore_session(session, RoomLoadSettings::default())
            .await?;
        Ok(client)
    }

    pub async fn create_encrypted_room(&self, name: &str, invited: &UserId) -> Outcome<OwnedRoomId> {
        let mut request = CreateRoom::new();
        request.name = Some(name.to_owned());
        request.preset = Some(RoomPreset::PrivateChat);
        request.invite = vec![invited.to_owned()];
        request.initial_state = vec![
            InitialStateEvent::with_empty_state_key(RoomEncryptionEventContent::with_recommended_defaults())
                .to_raw_any()
                .cast_unchecked::<AnyInitialStateEvent>(),
        ];
        Ok(self.client.create_room(request).await?.room_id().to_owned())
    }

    pub async fn send(&self, room_id: &RoomId, text: &str) -> Outcome<OwnedEventId> {
        let room = self.client.get_room(room_id).ok_or("no such room")?;
        Ok(room
            .send(RoomMessageEventContent::text_plain(text))
            .await?
            .response
            .event_id)
    }

    pub async fn set_pusher(&self, url: &str) -> Outcome<()> {
        let mut data = HttpPusherData::new(url.to_owned());
        data.format = Some(PushFormat::EventIdOnly);
        let pusher = PusherInit {
            ids: PusherIds::new("a push key".to_owned(), "io.element.test".to_owned()),
            kind: PusherKind::Http(data),
            app_display_name: "Element X".to_owned(),
            device_display_name: "phone".to_owned(),
            profile_tag: None,
            lang: "en".to_owned(),
        };
        Ok(self.client.pusher().set(pusher.into(), false).await?)
    }

    pub async fn until_invited(&self, room_id: &RoomId) -> Outcome<()> {
        self.until(room_id, async |room| room.state() == RoomState::Invited)
            .await
    }

    /// The room is joined and encrypted, with so many members.
    pub async fn until_joined(&self, room_id: &RoomId, members: u64) -> Outcome<()> {
        self.until(room_id, async |room| {
            room.state() == RoomState::Joined
                && room.joined_members_count() == members
                && room.encryption_state().is_encrypted()
        })
        .await
    }

    async fn until(&self, room_id: &RoomId, holds: impl AsyncFn(Room) -> bool) -> Outcome<()> {
        within("the room", async {
            loop {
                if let Some(room) = self.client.get_room(room_id)
                    && holds(room).await
                {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }

    /// The app has decrypted a message with this text.
    pub async fn until_read(&mut self, text: &str) -> Outcome<()> {
        within(text, async {
            while let Some(body) = self.read.recv().await {
                if body == text {
                    return;
                }
            }
        })
        .await
    }
}

async fn open(store: &PathBuf, holder: &str) -> Outcome<Client> {
    let settings = EncryptionSettings {
        auto_enable_cross_signing: true,
        backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
        auto_enable_backups: true,
    };
    let client = Client::builder()
        .homeserver_url(env::var("BELFRY_URL")?)
        .sqlite_store(store, None)
        .sliding_sync_version_builder(VersionBuilder::DiscoverNative)
        .cross_process_store_config(CrossProcessLockConfig::multi_process(holder))
        .with_encryption_settings(settings)
        .build()
        .await?;
    Ok(client)
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> Outcome<T> {
    timeout(STEP, work)
        .await
        .map_err(|_| format!("waited too long: {what}").into())
}
