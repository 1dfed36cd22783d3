// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Web is the application of the tests with real pods, and the only program of its image.
//
//	web [serve]       serves, as the environment says
//	web pause         waits for SIGTERM or SIGINT and reaps children: the image's pause container
//	web sleep 3s      sleeps: for exec hooks
//
// Settings of serve are environment variables; one that is empty is as if it were not set. Times are written like 500ms or 3s.
//
//	PORT              where it listens (8080); 0 takes a free one, which the first line of the log names
//	VERSION           what it says it is (v1); printable characters without spaces
//	HOSTNAME          the pod's name, as container runtimes set it (the machine's name)
//	START_DELAY       time before it listens (0s)
//	READY             yes (default), or never: /ready always answers 503
//	READY_DELAY       time from listening until /ready answers 200; before, it answers 503 (0s)
//	ON_TERM           what SIGTERM and SIGINT do: exit ends at once, whatever is in flight (default); drain closes the port and idle
//	                  connections, finishes what is in flight and ends; ignore does nothing, so that only SIGKILL ends it
//	DRAIN_TIMEOUT     how long drain waits before it cuts off what is still in flight and ends with code 1 (30s)
//	LATENCY           how long each answer of / takes (0s)
//	FAIL_EVERY        5: every fifth answer of / is 500 (0: none)
//	CRASH_AFTER       time from the start until it ends with code 1 (0s: never)
//	CRASH_AT_START    true: it ends with code 1 at once (false)
//
// Paths:
//
//	/                 "VERSION HOSTNAME", text/plain; this and all other answers have the headers X-Version and X-Pod
//	/ready            200 or 503: for probes; not counted
//	/slow?for=2s      as /, after that time (1s)
//	/crash?code=3     ends the program with that code (1), without an answer
//	/metrics          requests_total by the code, of / and /slow, as Prometheus reads it; both codes are there from the start
//
// It ends with code 0 after SIGTERM, 1 when it crashes or cannot listen, 2 when a setting is wrong. The log (standard output) has one
// line at the start (with START_DELAY one more, when it listens), one at SIGTERM, and one at the end: how many requests were answered in
// all, and after SIGTERM.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

type settings struct {
	port         int
	version      string
	pod          string
	startDelay   time.Duration
	neverReady   bool
	readyDelay   time.Duration
	onTerm       string
	drainTimeout time.Duration
	latency      time.Duration
	failEvery    int64
	crashAfter   time.Duration
	crashAtStart bool
}

type server struct {
	settings
	readyAt       time.Time
	terminated    atomic.Bool
	asked         atomic.Int64
	answered      atomic.Int64
	failed        atomic.Int64
	answeredAfter atomic.Int64
}

func main() {
	arguments := os.Args[1:]
	if len(arguments) == 0 {
		arguments = []string{"serve"}
	}
	switch {
	case arguments[0] == "serve" && len(arguments) == 1:
		given, err := read(os.Getenv)
		if err != nil {
			refuse(err)
		}
		serve(given)
	case arguments[0] == "pause" && len(arguments) == 1:
		pause()
	case arguments[0] == "sleep" && len(arguments) == 2:
		wanted, err := duration("the time of sleep", arguments[1])
		if err != nil {
			refuse(err)
		}
		time.Sleep(wanted)
	default:
		refuse(fmt.Errorf("%q is not a command: use serve, pause, or sleep with a time like 3s", strings.Join(arguments, " ")))
	}
}

// refuse ends the program because of what it was told.
func refuse(err error) {
	fmt.Fprintf(os.Stderr, "web: %v.\n", err)
	os.Exit(2)
}

// duration reads a time that is not negative.
func duration(name, text string) (time.Duration, error) {
	result, err := time.ParseDuration(text)
	if err != nil || result < 0 {
		return 0, fmt.Errorf("%s is %q, which is not a time like 500ms or 3s", name, text)
	}
	return result, nil
}

// read takes the settings from the environment; the error is one sentence without its full stop.
func read(variable func(string) string) (settings, error) {
	var problems []error
	text := func(name, standard string) string {
		if value := variable(name); value != "" {
			return value
		}
		return standard
	}
	span := func(name, standard string) time.Duration {
		result, err := duration(name, text(name, standard))
		if err != nil {
			problems = append(problems, err)
		}
		return result
	}
	choice := func(name string, choices ...string) string {
		value := text(name, choices[0])
		for _, allowed := range choices {
			if value == allowed {
				return value
			}
		}
		problems = append(problems, fmt.Errorf("%s is %q, which is none of %s", name, value, strings.Join(choices, ", ")))
		return value
	}
	machine, _ := os.Hostname()
	result := settings{
		version:      text("VERSION", "v1"),
		pod:          text("HOSTNAME", machine),
		startDelay:   span("START_DELAY", "0s"),
		neverReady:   choice("READY", "yes", "never") == "never",
		readyDelay:   span("READY_DELAY", "0s"),
		onTerm:       choice("ON_TERM", "exit", "drain", "ignore"),
		drainTimeout: span("DRAIN_TIMEOUT", "30s"),
		latency:      span("LATENCY", "0s"),
		crashAfter:   span("CRASH_AFTER", "0s"),
		crashAtStart: choice("CRASH_AT_START", "false", "true") == "true",
	}
	port, err := strconv.ParseUint(text("PORT", "8080"), 10, 16)
	if err != nil {
		problems = append(problems, fmt.Errorf("PORT is %q, which is not a port", text("PORT", "")))
	}
	result.port = int(port)
	every, err := strconv.ParseUint(text("FAIL_EVERY", "0"), 10, 31)
	if err != nil {
		problems = append(problems, fmt.Errorf("FAIL_EVERY is %q, which is not a whole number like 0 or 5", text("FAIL_EVERY", "")))
	}
	result.failEvery = int64(every)
	if strings.ContainsFunc(result.version, func(letter rune) bool { return letter <= ' ' || letter > '~' }) {
		problems = append(problems, fmt.Errorf("VERSION is %q, which is not made of printable characters without spaces", result.version))
	}
	if len(problems) > 0 {
		return settings{}, problems[0]
	}
	return result, nil
}

// serve runs the server until a signal or a crash ends the program.
func serve(given settings) {
	s := &server{settings: given}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if s.crashAtStart {
		s.end(1, "crashes at start")
	}
	if s.crashAfter > 0 {
		time.AfterFunc(s.crashAfter, func() { s.end(1, fmt.Sprintf("crashes after %v", s.crashAfter)) })
	}
	s.delay(signals)
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", s.port))
	if err != nil {
		s.end(1, fmt.Sprintf("cannot listen on port %d (%v)", s.port, err))
	}
	s.readyAt = time.Now().Add(s.readyDelay)
	s.say(fmt.Sprintf("listens on port %d; on SIGTERM: %s", listener.Addr().(*net.TCPAddr).Port, s.onTerm))
	web := &http.Server{Handler: s.handler()}
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.end(1, fmt.Sprintf("cannot accept connections (%v)", err))
		}
	}()
	for {
		s.signalled(<-signals)
		switch s.onTerm {
		case "exit":
			s.end(0, "ended")
		case "drain":
			s.drain(web)
		}
	}
}

// delay waits until it is time to listen; a signal ends the program meanwhile, unless signals are ignored.
func (s *server) delay(signals <-chan os.Signal) {
	if s.startDelay == 0 {
		return
	}
	s.say(fmt.Sprintf("listens in %v; on SIGTERM: %s", s.startDelay, s.onTerm))
	enough := time.After(s.startDelay)
	for {
		select {
		case <-enough:
			return
		case received := <-signals:
			s.signalled(received)
			if s.onTerm != "ignore" {
				s.end(0, "ended before it listened")
			}
		}
	}
}

// signalled notes a signal; the first is told.
func (s *server) signalled(received os.Signal) {
	if s.terminated.Swap(true) {
		return
	}
	name := "SIGTERM"
	if received == syscall.SIGINT {
		name = "SIGINT"
	}
	does := map[string]string{"exit": "ends at once", "drain": "finishes what is in flight", "ignore": "goes on"}
	s.say(fmt.Sprintf("%s: %s", name, does[s.onTerm]))
}

// drain closes the port and idle connections, lets requests in flight finish, and ends the program.
func (s *server) drain(web *http.Server) {
	limited, cancel := context.WithTimeout(context.Background(), s.drainTimeout)
	defer cancel()
	if web.Shutdown(limited) != nil {
		s.end(1, fmt.Sprintf("cut off what was in flight after %v", s.drainTimeout))
	}
	s.end(0, "ended")
}

// handler answers the paths of the server.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(answer http.ResponseWriter, _ *http.Request) {
		time.Sleep(s.latency)
		if s.failEvery > 0 && s.asked.Add(1)%s.failEvery == 0 {
			s.fail(answer)
			return
		}
		s.greet(answer)
	})
	mux.HandleFunc("/slow", func(answer http.ResponseWriter, request *http.Request) {
		text := request.URL.Query().Get("for")
		if text == "" {
			text = "1s"
		}
		wanted, err := duration("for", text)
		if err != nil {
			http.Error(answer, err.Error()+".", http.StatusBadRequest)
			return
		}
		time.Sleep(wanted)
		s.greet(answer)
	})
	mux.HandleFunc("/ready", func(answer http.ResponseWriter, _ *http.Request) {
		if s.neverReady || time.Now().Before(s.readyAt) {
			http.Error(answer, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(answer, "ready")
	})
	mux.HandleFunc("/metrics", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		failed := s.failed.Load()
		fmt.Fprintln(answer, "# TYPE requests_total counter")
		fmt.Fprintf(answer, "requests_total{code=\"200\"} %d\n", s.answered.Load()-failed)
		fmt.Fprintf(answer, "requests_total{code=\"500\"} %d\n", failed)
	})
	mux.HandleFunc("/crash", func(answer http.ResponseWriter, request *http.Request) {
		text := request.URL.Query().Get("code")
		if text == "" {
			text = "1"
		}
		code, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			http.Error(answer, fmt.Sprintf("code is %q, which is not a number from 0 to 255.", text), http.StatusBadRequest)
			return
		}
		s.end(int(code), "crashes as asked")
	})
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("X-Version", s.version)
		answer.Header().Set("X-Pod", s.pod)
		mux.ServeHTTP(answer, request)
	})
}

// greet answers a request and counts it.
func (s *server) greet(answer http.ResponseWriter) {
	body := fmt.Sprintf("%s %s\n", s.version, s.pod)
	answer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := answer.Write([]byte(body)); err != nil {
		return
	}
	s.count()
}

// fail answers a request with 500 and counts it.
func (s *server) fail(answer http.ResponseWriter) {
	http.Error(answer, "it fails as it was told to", http.StatusInternalServerError)
	// In this order no reader of both sees more failures than answers.
	s.count()
	s.failed.Add(1)
}

// count counts an answer.
func (s *server) count() {
	s.answered.Add(1)
	if s.terminated.Load() {
		s.answeredAfter.Add(1)
	}
}

// say writes one line of the log.
func (s *server) say(text string) {
	fmt.Printf("%s web %s %s: %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), s.version, s.pod, text)
}

// end ends the program with the last line of its log.
func (s *server) end(code int, why string) {
	s.say(fmt.Sprintf("%s; answered %d requests, %d of them after SIGTERM", why, s.answered.Load(), s.answeredAfter.Load()))
	os.Exit(code)
}

// pause waits until it is told to end. Being process 1 of its pod's shared namespace, it reaps what other containers leave behind.
func pause() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	// One that ended before anybody listened for it is reaped at once.
	for received := os.Signal(syscall.SIGCHLD); received == syscall.SIGCHLD; received = <-signals {
		for {
			if reaped, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != nil || reaped <= 0 {
				break
			}
		}
	}
}
