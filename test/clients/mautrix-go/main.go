// Two users of mautrix-go, each with its crypto helper, read each other's messages in an encrypted room.
//
// Reads BELFRY_URL, BELFRY_PASSWORD and the directory of the databases of keys, BELFRY_CLIENT_STORE. Prints a line for each step, and ends with 1
// when a step fails. The users "alice" and "bob" exist. Build it with the tag "goolm": the cryptography is then Go too.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	stepTimeout = 30 * time.Second
	rounds      = 5
)

// person is a client that syncs in the background. It passes on the texts that it reads and the rooms to which it is invited.
type person struct {
	name    string
	client  *mautrix.Client
	read    chan string
	invited chan id.RoomID
	members chan id.UserID
	failed  chan error
}

func main() {
	if err := converse(context.Background()); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func converse(ctx context.Context) error {
	alice, err := logIn(ctx, "alice")
	if err != nil {
		return err
	}
	bob, err := logIn(ctx, "bob")
	if err != nil {
		return err
	}
	fmt.Println("both are logged in, with uploaded keys")
	roomID, err := meet(ctx, alice, bob)
	if err != nil {
		return err
	}
	fmt.Println("the invited user has joined the encrypted room")
	for round := range rounds {
		for _, pair := range [][2]*person{{alice, bob}, {bob, alice}} {
			if err := tell(ctx, pair[0], pair[1], roomID, fmt.Sprintf("%s: %d", pair[0].name, round)); err != nil {
				return err
			}
		}
	}
	fmt.Println(2*rounds, "messages were decrypted")
	return nil
}

func logIn(ctx context.Context, name string) (*person, error) {
	client, err := mautrix.NewClient(os.Getenv("BELFRY_URL"), "", "")
	if err != nil {
		return nil, err
	}
	p := &person{
		name:    name,
		client:  client,
		read:    make(chan string, 100),
		invited: make(chan id.RoomID, 10),
		members: make(chan id.UserID, 100),
		failed:  make(chan error, 10),
	}
	database := filepath.Join(os.Getenv("BELFRY_CLIENT_STORE"), name+".db")
	helper, err := cryptohelper.NewCryptoHelper(client, []byte("a key for the pickles"), database)
	if err != nil {
		return nil, err
	}
	helper.LoginAs = &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
		Password:   os.Getenv("BELFRY_PASSWORD"),
	}
	helper.DecryptErrorCallback = func(evt *event.Event, err error) {
		p.failed <- fmt.Errorf("%s cannot decrypt %s: %w", name, evt.ID, err)
	}
	p.listen()
	if err := helper.Init(ctx); err != nil {
		return nil, err
	}
	client.Crypto = helper
	go func() {
		if err := client.SyncWithContext(ctx); err != nil {
			p.failed <- err
		}
	}()
	return p, nil
}

func (p *person) listen() {
	syncer := p.client.Syncer.(*mautrix.DefaultSyncer)
	syncer.OnEventType(event.EventMessage, func(_ context.Context, evt *event.Event) { p.read <- evt.Content.AsMessage().Body })
	syncer.OnEventType(event.StateMember, func(_ context.Context, evt *event.Event) {
		switch membership := evt.Content.AsMember().Membership; {
		case membership == event.MembershipInvite && evt.GetStateKey() == p.client.UserID.String():
			p.invited <- evt.RoomID
		case membership == event.MembershipJoin:
			p.members <- id.UserID(evt.GetStateKey())
		}
	})
}

// meet returns an encrypted room with both users, as soon as each of them knows of the other.
func meet(ctx context.Context, alice, bob *person) (id.RoomID, error) {
	created, err := alice.client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "private_chat",
		Invite: []id.UserID{bob.client.UserID},
		InitialState: []*event.Event{{
			Type:    event.StateEncryption,
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}},
	})
	if err != nil {
		return "", err
	}
	roomID, err := next(bob, bob.invited, func(roomID id.RoomID) bool { return roomID == created.RoomID })
	if err != nil {
		return "", err
	}
	if _, err := bob.client.JoinRoomByID(ctx, roomID); err != nil {
		return "", err
	}
	if _, err := next(alice, alice.members, func(user id.UserID) bool { return user == bob.client.UserID }); err != nil {
		return "", err
	}
	_, err = next(bob, bob.members, func(user id.UserID) bool { return user == bob.client.UserID })
	return roomID, err
}

func tell(ctx context.Context, from, to *person, roomID id.RoomID, text string) error {
	sent, err := from.client.SendText(ctx, roomID, text)
	if err != nil {
		return err
	}
	if _, err := next(to, to.read, func(body string) bool { return body == text }); err != nil {
		return err
	}
	stored, err := to.client.GetEvent(ctx, roomID, sent.EventID)
	if err != nil {
		return err
	}
	if stored.Type.Type != event.EventEncrypted.Type {
		return fmt.Errorf("the server has %s in plain text", sent.EventID)
	}
	return nil
}

// next returns the next wanted value, or an error when the client fails or the step takes too long.
func next[T any](p *person, values chan T, wanted func(T) bool) (T, error) {
	timeout := time.After(stepTimeout)
	for {
		select {
		case value := <-values:
			if wanted(value) {
				return value, nil
			}
		case err := <-p.failed:
			return *new(T), err
		case <-timeout:
			return *new(T), fmt.Errorf("%s waited too long", p.name)
		}
	}
}
