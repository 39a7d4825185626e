message = { $sender }: { $text }
sent-message = { $sender } 님이 메시지를 보냈습니다
sent-picture = { $sender } 님이 사진을 보냈습니다
sent-video = { $sender } 님이 동영상을 보냈습니다
sent-recording = { $sender } 님이 녹음을 보냈습니다
sent-file = { $sender } 님이 파일을 보냈습니다
sent-location = { $sender } 님이 위치를 보냈습니다
sent-sticker = { $sender } 님이 스티커를 보냈습니다
sent-encrypted = { $sender } 님이 암호화된 메시지를 보냈습니다
sent-nothing = { $sender } 님이 텍스트 없는 메시지를 보냈습니다
invited = { $sender } 님이 초대했습니다
invited-to = { $sender } 님이 { $room }에 초대했습니다
joined = { $sender } 님이 참가했습니다
knocked = { $sender } 님이 참가를 요청했습니다
changed-members = { $sender } 님이 방 구성원을 변경했습니다
voice-call = { $sender } 님의 음성 통화
video-call = { $sender } 님의 영상 통화
did-something = { $sender } 님의 새 이벤트(앱에서 볼 수 있음)

new-notification = 새 알림
unread = 읽지 않음 { $count }개

empty-room = 빈 방
room-invite = 방 초대
name-and-others = { $name } 님 외 { $count }명
