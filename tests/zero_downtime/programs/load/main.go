// Copyright (c) 2026 the rollout.kubernetes contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Load sends GET requests at a steady rate, and counts what became of each.
//
//	load -url http://10.96.0.7:80/ [-host NAME] [-mode new|keepalive] [-rate 200] [-workers 16] [-timeout 5s] [-min 0] [-max 20000] [-max-time 300s] [-records FILE]
//
// It writes requests to TCP connections by itself and repeats nothing: Go's own client sends a GET once more when a kept connection
// breaks, and so hides losses. A name in the URL is resolved once, to one address. With -host it asks for another name there, as clients
// of a router do.
//
// Request number n is due n/rate seconds after the start, whether those before it were answered or not. If all workers are busy then, it
// is sent as soon as one is free, and counted as late: with late requests, the rate was not kept up.
//
// Mode new opens a connection for each request. In mode keepalive each worker keeps its connection; one that the server has closed
// meanwhile, or closes with its answer ("Connection: close"), is replaced by a new one. Workers take turns.
//
// It ends at SIGTERM, SIGINT, the end of standard input (but not before -min requests), after -max requests or -max-time (0: no bound);
// what is in flight is finished.
// Standard input takes lines "mark TEXT", which note a moment. Close it after the last mark: after a signal, marks may be left unread.
//
// Then it prints one JSON object, and ends with code 0 whatever the answers were; 2 if it was called wrongly, 1 if it cannot work.
//
//	requests, ok, failed   failed is requests without ok
//	outcomes               how many of each:
//	    ok                 answered with 2xx, with its whole body
//	    refused            no connection: refused
//	    reset              the connection was reset (or, on writing, found broken)
//	    timeout            not answered within -timeout, connecting included
//	    eof                the server closed the connection before the end of the answer
//	    stale              in keepalive: a connection that had served before was closed or reset before the first byte of the answer.
//	                       A server may close an idle connection at any time, and clients repeat such a GET; this one counts it
//	    status 503         another answer than 2xx, and so for each status
//	    other              anything else; others tells what, by message
//	versions, pods         answers that were ok by their headers X-Version and X-Pod, where they have them
//	connections            how many were opened; reopened: how many of them because the server had closed the idle one before the next request
//	late                   how many requests were sent later than due, as all workers were busy
//	longest_gap_ms         longest time without an answer that is ok, from the start to the end
//	slowest_ms             longest time of a request that was ok
//	started, seconds       when the first request was sent (RFC 3339, UTC), and the time until the last one had ended
//	marks                  [{ms, text}], ms since started
//
// The file of -records is CSV: "start_ms,end_ms,outcome,version,pod", one line for each request in the order of their starts, in
// milliseconds since started.
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	ok      = "ok"
	refused = "refused"
	reset   = "reset"
	timeout = "timeout"
	eof     = "eof"
	stale   = "stale"
	other   = "other"
)

type settings struct {
	address   *net.TCPAddr
	request   []byte
	keepalive bool
	rate      float64
	workers   int
	timeout   time.Duration
	least     int
	most      int
	longest   time.Duration
	records   string
}

// record is what became of one request; times are since the start.
type record struct {
	begin, end   time.Duration
	outcome      string
	version, pod string
	message      string
}

type mark struct {
	Milliseconds float64 `json:"ms"`
	Text         string  `json:"text"`
}

type result struct {
	Requests    int            `json:"requests"`
	OK          int            `json:"ok"`
	Failed      int            `json:"failed"`
	Outcomes    map[string]int `json:"outcomes"`
	Others      map[string]int `json:"others"`
	Versions    map[string]int `json:"versions"`
	Pods        map[string]int `json:"pods"`
	Connections int            `json:"connections"`
	Reopened    int            `json:"reopened"`
	Late        int            `json:"late"`
	LongestGap  float64        `json:"longest_gap_ms"`
	Slowest     float64        `json:"slowest_ms"`
	Started     string         `json:"started"`
	Seconds     float64        `json:"seconds"`
	Marks       []mark         `json:"marks"`
}

func main() {
	given, err := read(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fail(2, err)
	}
	var records *os.File
	if given.records != "" {
		// Made now, so that what is wrong with it is said before the work and not after it.
		if records, err = os.Create(given.records); err != nil {
			fail(1, fmt.Errorf("the records cannot be written: %w", err))
		}
	}
	all := newRun(given)
	all.send()
	if records != nil {
		if err := write(records, all.records); err != nil {
			fail(1, fmt.Errorf("the records cannot be written: %w", err))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(all.sum()); err != nil {
		fail(1, fmt.Errorf("the result cannot be written: %w", err))
	}
}

// fail ends the program with a sentence.
func fail(code int, err error) {
	fmt.Fprintf(os.Stderr, "load: %v.\n", err)
	os.Exit(code)
}

// read takes the settings from the command line; the error is a sentence without its full stop.
func read(arguments []string) (settings, error) {
	var given settings
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	target := flags.String("url", "", "")
	host := flags.String("host", "", "")
	mode := flags.String("mode", "new", "")
	flags.Float64Var(&given.rate, "rate", 200, "")
	flags.IntVar(&given.workers, "workers", 16, "")
	flags.DurationVar(&given.timeout, "timeout", 5*time.Second, "")
	flags.IntVar(&given.least, "min", 0, "")
	flags.IntVar(&given.most, "max", 20000, "")
	flags.DurationVar(&given.longest, "max-time", 300*time.Second, "")
	flags.StringVar(&given.records, "records", "", "")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Println("load -url URL [-host NAME] [-mode new|keepalive] [-rate 200] [-workers 16] [-timeout 5s] [-min 0] [-max 20000] [-max-time 300s] [-records FILE]")
		}
		return given, err
	}
	given.keepalive = *mode == "keepalive"
	switch {
	case flags.NArg() > 0:
		return given, fmt.Errorf("%q is not an option", flags.Arg(0))
	case *mode != "new" && *mode != "keepalive":
		return given, fmt.Errorf("the mode %q is neither new nor keepalive", *mode)
	case !(given.rate > 0 && given.rate <= 1e6):
		return given, fmt.Errorf("the rate %v is not a number of requests a second", given.rate)
	case given.workers < 1:
		return given, fmt.Errorf("%d workers are not at least one", given.workers)
	case given.timeout <= 0:
		return given, fmt.Errorf("the timeout %v is not more than nothing", given.timeout)
	case given.least < 0 || given.most < 0 || given.longest < 0:
		return given, errors.New("a bound is negative: 0 means that there is none")
	case given.most > 0 && given.least > given.most:
		return given, fmt.Errorf("at least %d requests are more than at most %d", given.least, given.most)
	}
	return given, given.aim(*target, *host)
}

// aim resolves the URL and writes the request, for the host of the URL or another one.
func (s *settings) aim(target, host string) error {
	parsed, err := url.Parse(target)
	if err != nil || parsed.Scheme != "http" || parsed.Hostname() == "" {
		return fmt.Errorf("the URL %q is not like http://10.96.0.7:80/", target)
	}
	port := parsed.Port()
	if port == "" {
		port = "80"
	}
	if s.address, err = net.ResolveTCPAddr("tcp", net.JoinHostPort(parsed.Hostname(), port)); err != nil {
		return fmt.Errorf("the URL %q does not lead to an address: %w", target, err)
	}
	closing := "Connection: close\r\n"
	if s.keepalive {
		closing = ""
	}
	if host == "" {
		host = parsed.Host
	}
	if strings.ContainsFunc(host, func(letter rune) bool { return letter <= ' ' || letter > '~' }) {
		return fmt.Errorf("the host %q is not made of printable characters without spaces", host)
	}
	form := "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nAccept: */*\r\n%s\r\n"
	s.request = fmt.Appendf(nil, form, parsed.RequestURI(), host, closing)
	return nil
}

// run is one run of the program; the lock guards what several goroutines write.
type run struct {
	settings
	start   time.Time
	end     time.Duration
	records []*record
	late    int
	lock    sync.Mutex
	marks   []mark
	workers []*worker
}

func newRun(given settings) *run {
	all := &run{settings: given, marks: []mark{}}
	for range given.workers {
		all.workers = append(all.workers, &worker{run: all, jobs: make(chan *record, 1)})
	}
	return all
}

// send sends all requests, each when it is due, until something ends it; it returns when all are answered.
func (r *run) send() {
	enough, stop := make(chan struct{}), make(chan struct{})
	idle := make(chan *worker, len(r.workers))
	var busy sync.WaitGroup
	r.start = time.Now()
	go r.listen(enough, stop)
	for _, one := range r.workers {
		idle <- one
		busy.Go(func() {
			for job := range one.jobs {
				one.do(job)
				idle <- one
			}
			one.close()
		})
	}
	r.dispatch(idle, enough, stop)
	for _, one := range r.workers {
		close(one.jobs)
	}
	busy.Wait()
	r.end = time.Since(r.start)
}

// dispatch gives each request to a worker when it is due.
func (r *run) dispatch(idle <-chan *worker, enough, stop <-chan struct{}) {
	var freed time.Duration // until then, all workers were busy
	var end <-chan struct{} // `enough`, once it may end this
	for number := 0; r.most == 0 || number < r.most; number++ {
		due := time.Duration(float64(number) / r.rate * float64(time.Second))
		if r.longest > 0 && due >= r.longest {
			due = r.longest
		}
		if number >= r.least {
			end = enough
		}
		select {
		case <-stop:
			return
		case <-end:
			return
		case <-time.After(due - time.Since(r.start)):
		}
		if r.longest > 0 && time.Since(r.start) >= r.longest {
			return
		}
		var free *worker
		select {
		case free = <-idle:
		default:
			select {
			case free = <-idle:
				freed = time.Since(r.start)
			case <-stop:
				return
			case <-end:
				return
			}
		}
		if due < freed {
			r.late++
		}
		job := &record{begin: time.Since(r.start)}
		r.records = append(r.records, job)
		free.jobs <- job
	}
}

// listen reads commands and signals; it closes the one channel when they end, and the other when it is to stop whatever comes.
func (r *run) listen(enough, stop chan<- struct{}) {
	go func() {
		defer close(enough)
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			text, found := strings.CutPrefix(lines.Text(), "mark ")
			if !found {
				fmt.Fprintf(os.Stderr, "load: the line %q is not like: mark TEXT.\n", lines.Text())
				continue
			}
			moment := milliseconds(time.Since(r.start))
			r.lock.Lock()
			r.marks = append(r.marks, mark{moment, text})
			r.lock.Unlock()
		}
	}()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	close(stop)
}

// source reads from a connection and remembers how it broke: readers of HTTP call the end within a header a malformed header.
type source struct {
	io.Reader
	broken error
}

func (s *source) Read(into []byte) (int, error) {
	count, err := s.Reader.Read(into)
	if err != nil {
		s.broken = err
	}
	return count, err
}

// worker sends one request at a time.
type worker struct {
	*run
	jobs        chan *record
	connection  *net.TCPConn
	source      *source
	reader      *bufio.Reader
	used        bool // the connection has served a request
	connections int
	reopened    int
}

// do sends one request and notes what became of it.
func (w *worker) do(job *record) {
	deadline := time.Now().Add(w.timeout)
	if w.connection != nil && closed(w.connection) {
		w.close()
		w.reopened++
	}
	err := w.open(deadline)
	if err == nil {
		err = w.exchange(job, deadline)
	}
	job.end = time.Since(w.start)
	if err != nil {
		job.outcome, job.message = judge(err)
	}
	if err != nil || !w.keepalive {
		w.close()
	}
}

// open opens a connection if there is none.
func (w *worker) open(deadline time.Time) error {
	if w.connection != nil {
		return nil
	}
	dialer := net.Dialer{Deadline: deadline}
	opened, err := dialer.Dial("tcp", w.address.String())
	if err != nil {
		return err
	}
	w.connection, w.used = opened.(*net.TCPConn), false
	w.source = &source{Reader: w.connection}
	w.reader = bufio.NewReader(w.source)
	w.connections++
	return nil
}

// close closes the connection if there is one.
func (w *worker) close() {
	if w.connection != nil {
		w.connection.Close()
		w.connection = nil
	}
}

// brokenBefore is the error of a connection that had served before and broke before the first byte of the answer.
type brokenBefore struct{ error }

// exchange writes the request and reads the answer to its end; the job gets the outcome, unless there is an error.
func (w *worker) exchange(job *record, deadline time.Time) error {
	if err := w.connection.SetDeadline(deadline); err != nil {
		return err
	}
	_, err := w.connection.Write(w.request)
	if err == nil {
		_, err = w.reader.Peek(1)
	}
	if err != nil {
		if w.used && !errors.Is(err, os.ErrDeadlineExceeded) {
			return brokenBefore{err}
		}
		return err
	}
	answer, err := http.ReadResponse(w.reader, nil)
	for err == nil && answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
		answer, err = http.ReadResponse(w.reader, nil)
	}
	if err != nil {
		if w.source.broken != nil {
			return w.source.broken
		}
		return err
	}
	defer answer.Body.Close()
	job.version, job.pod = answer.Header.Get("X-Version"), answer.Header.Get("X-Pod")
	if _, err = io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	job.outcome = ok
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		job.outcome = fmt.Sprintf("status %d", answer.StatusCode)
	}
	w.used = true
	if answer.Close || w.reader.Buffered() > 0 {
		w.close()
	}
	return nil
}

// closed says whether the server has closed an idle connection, as far as this machine knows.
func closed(connection *net.TCPConn) bool {
	raw, err := connection.SyscallConn()
	if err != nil {
		return true
	}
	over := false
	var one [1]byte
	err = raw.Read(func(descriptor uintptr) bool {
		_, _, problem := syscall.Recvfrom(int(descriptor), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		// Nothing to read is what an idle connection should have; its end, an error or bytes that nobody asked for are all the same.
		over = problem != syscall.EAGAIN && problem != syscall.EINTR
		return true
	})
	return over || err != nil
}

// judge returns the outcome of an error, and its message if it is none of those that have a name.
func judge(err error) (outcome, message string) {
	var stopped brokenBefore
	var network net.Error
	switch {
	case errors.As(err, &stopped):
		return stale, ""
	case errors.Is(err, syscall.ECONNREFUSED):
		return refused, ""
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return reset, ""
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return eof, ""
	case errors.As(err, &network) && network.Timeout():
		return timeout, ""
	}
	var system syscall.Errno
	if errors.As(err, &system) {
		return other, system.Error()
	}
	return other, err.Error()
}

// sum counts the records.
func (r *run) sum() result {
	r.lock.Lock()
	defer r.lock.Unlock()
	counted := result{
		Requests: len(r.records), Late: r.late, Marks: r.marks,
		Outcomes: map[string]int{ok: 0, refused: 0, reset: 0, timeout: 0, eof: 0, stale: 0, other: 0},
		Others:   map[string]int{}, Versions: map[string]int{}, Pods: map[string]int{},
		Started: r.start.UTC().Format("2006-01-02T15:04:05.000000Z"), Seconds: float64(r.end.Microseconds()) / 1e6,
	}
	for _, one := range r.workers {
		counted.Connections += one.connections
		counted.Reopened += one.reopened
	}
	moments := []time.Duration{0, r.end}
	var slowest time.Duration
	for _, one := range r.records {
		counted.Outcomes[one.outcome]++
		if one.outcome == other {
			counted.Others[one.message]++
		}
		if one.outcome != ok {
			continue
		}
		moments = append(moments, one.end)
		slowest = max(slowest, one.end-one.begin)
		if one.version != "" {
			counted.Versions[one.version]++
		}
		if one.pod != "" {
			counted.Pods[one.pod]++
		}
	}
	counted.OK = counted.Outcomes[ok]
	counted.Failed = counted.Requests - counted.OK
	counted.Slowest, counted.LongestGap = milliseconds(slowest), milliseconds(longestGap(moments))
	return counted
}

// longestGap returns the longest time between two moments that follow each other.
func longestGap(moments []time.Duration) time.Duration {
	slices.Sort(moments)
	var longest time.Duration
	for number := 1; number < len(moments); number++ {
		longest = max(longest, moments[number]-moments[number-1])
	}
	return longest
}

// milliseconds returns a time in milliseconds, to the microsecond.
func milliseconds(span time.Duration) float64 {
	return float64(span.Microseconds()) / 1000
}

// write writes the records as CSV.
func write(file *os.File, records []*record) error {
	lines := csv.NewWriter(file)
	all := [][]string{{"start_ms", "end_ms", "outcome", "version", "pod"}}
	for _, one := range records {
		number := func(span time.Duration) string { return strconv.FormatFloat(milliseconds(span), 'f', 3, 64) }
		all = append(all, []string{number(one.begin), number(one.end), one.outcome, one.version, one.pod})
	}
	return errors.Join(lines.WriteAll(all), file.Close())
}
