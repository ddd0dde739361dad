/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of kmod/engine/ring.h, for Spin: ring, descriptors, sleep and wake. The letters are
 * those of ring.h. `check` explores every state, for rings of SIZE samples and SLOTS descriptors, and
 * then runs mutations, each of which breaks one thing: every mutation must fail.
 *
 * Memory follows C11 (memory.pml).
 *
 * Proved for each run of up to RUN samples of the ADC:
 *   - no sample or descriptor is read before it is written, nor overwritten while it is held;
 *   - each sample that the consumer reads has a descriptor, and its sample clock is exact;
 *   - sample_clock = produced + lost, and every produced sample is consumed;
 *   - a consumer that has decided to sleep is woken in the same turn in which the watermark is
 *     reached or the state changes;
 *   - after a stop or an unplug the consumer reads all published samples, and ends;
 *   - no deadlock; and no more than LOG stores of a side are ever in flight.
 *
 * Differences between model and code:
 *   - Everything that happens under the device's lock is one process. A stop or an unplug ends that
 *     process; a new start, a resume, a forged tail and its fault are left out.
 *   - acquire() and release() run in one thread here. If they run in two threads, the caller orders
 *     them, not the ring.
 *   - `event` is the eventfd or, in the kernel, the wait queue. It orders nothing here, which is less
 *     than either orders. Timeouts and wake() are left out: they could only hide a lost wake-up. A
 *     device that reports data too early (`fruitless`) is left out, too.
 *   - A load returns no store that the other side has not executed yet: no out-of-thin-air values,
 *     as in C11.
 *   - The release and acquire of a full fence itself are not used: fewer orderings than C11 gives.
 *   - A ring of descriptors that becomes full between the consumer's check and its sleep is no reason
 *     to wake here: emulator::wait() does not check it after the fence, so the next turn of the
 *     producer wakes, not the same one.
 *   - In the emulator every turn checks for a sleeper again, so a wake-up lost to a missing fence is
 *     only late by an interval there; after a stop it is lost for good.
 *   - One channel. Telemetry (G, H, I, J) is not in the model; ring.h reasons about it.
 */
#ifndef SIZE
#define SIZE	2
#endif
#ifndef SLOTS
#define SLOTS	2
#endif
#ifndef RUN
#define RUN	4	/* most samples of the ADC before the stop */
#endif

/* Each ordering: 1 as in the code, 0 in a mutation. */
#ifndef A
#define A 1
#endif
#ifndef B
#define B 1
#endif
#ifndef C
#define C 1
#endif
#ifndef D
#define D 1
#endif
#ifndef E
#define E 1
#endif
#ifndef F
#define F 1
#endif
#ifndef K
#define K 1
#endif
#ifndef L
#define L 1
#endif
#ifndef M
#define M 1
#endif
#ifndef N
#define N 1
#endif

#define INDICES		(4 * SIZE)	/* of samples, before they wrap */
#define BURSTS		(2 * SLOTS)
#define CLOCKS		16
#define DIFF(a, b)	(((a) - (b)) & (INDICES - 1))
#define PLUS(a, n)	(((a) + (n)) & (INDICES - 1))
#define REACHED(a, b)	(DIFF(a, b) < INDICES / 2)
#define PLACE(index)	((index) & (SIZE - 1))
#define SLOT(burst)	((burst) & (SLOTS - 1))
#define BURST_DIFF(a, b) (((a) - (b)) & (BURSTS - 1))
#define CLOCK(n)	((n) & (CLOCKS - 1))
#define NOTHING		255

#define RUNNING		0
#define STOPPED		1
#define GONE		2

#define PRODUCER	0
#define CONSUMER	1

/* Places that the producer stores to, places of the consumer, then places of plain accesses. */
#define HEAD		0
#define BURST_HEAD	1
#define STATE		2
#define TAIL		0
#define WATERMARK	1
#define WAITING		2
#define PLAIN		3
#define SAMPLE(index)	(PLAIN + PLACE(index))
#define DESCRIPTOR(burst) (PLAIN + SIZE + SLOT(burst))
#define PLACES		(PLAIN + SIZE + SLOTS)

#define LOG_MOST	(4 * SIZE + SLOTS + 10)
#include "memory.pml"

bit event;
bit looking;		/* the producer is between its fence and its check */

/* The true state, for the assertions: an index, or NOTHING once it is released. */
byte sample[SIZE];
byte burst_index[SLOTS], burst_samples[SLOTS], burst_lost[SLOTS], burst_clock[SLOTS];
byte true_head, true_tail, true_clock, untold, true_watermark;
byte consumer_clock;
bit asleep;		/* the consumer has decided to sleep and was not woken yet */

hidden byte here, slot;

/*
 * Fewer states, and nothing lost: the producer loads watermark and waiting only after a full
 * fence, so that what the consumer stored there before its own is as good as seen. Not
 * while the producer is between its fence and those loads.
 */
inline forget_unobservable()
{
	d_step {
		if
		:: F && !looking ->
			at = 0;
			do
			:: at < log[CONSUMER].fenced ->
				if
				:: log[CONSUMER].place[at] == WATERMARK ||
				   log[CONSUMER].place[at] == WAITING -> arrive(CONSUMER, at)
				:: else -> at++
				fi
			:: else -> break
			od
		:: else
		fi
	}
}

/* ---- The producer: kmod/engine/stream.c, delivery.c. ---- */

/* zcring_front_run(), as far as the samples go. */
#define write_samples()	atomic {						\
	n = 0;									\
	do									\
	:: n < fits ->								\
		here = PLUS(head, n);						\
		assert(DIFF(here, true_tail) < SIZE);				\
		assert(NO_RACE(CONSUMER, SAMPLE(here)));			\
		sample[PLACE(here)] = here;					\
		store(PRODUCER, SAMPLE(here), 0, 0);				\
		n++								\
	:: else -> break							\
	od;									\
	n = 0 }

#define write_descriptor()	d_step {					\
	slot = SLOT(burst_head);						\
	assert(burst_index[slot] == NOTHING);					\
	assert(NO_RACE(CONSUMER, DESCRIPTOR(burst_head)));			\
	burst_index[slot] = head;						\
	burst_samples[slot] = fits;						\
	burst_lost[slot] = TOLD(pending_lost);					\
	burst_clock[slot] = sample_clock;					\
	burst_ends[slot] = PLUS(head, fits) }					\
	store(PRODUCER, DESCRIPTOR(burst_head), 0, 0)

#ifdef MUTANT_GAP_NOT_TOLD
#define TOLD(lost)	0
#else
#define TOLD(lost)	(lost)
#endif

#define store_burst_head() \
	store(PRODUCER, BURST_HEAD, (burst_head + 1) & (BURSTS - 1), K)
#define store_head() \
	store(PRODUCER, HEAD, PLUS(head, fits), A)

inline publish()
{
#if defined(MUTANT_HEAD_BEFORE_SAMPLES)
	write_descriptor();
	store_burst_head();
	store_head();
	write_samples();
#elif defined(MUTANT_BURST_HEAD_BEFORE_DESCRIPTOR)
	write_samples();
	store_burst_head();
	write_descriptor();
	store_head();
#elif defined(MUTANT_HEAD_BEFORE_BURST_HEAD)
	write_samples();
	write_descriptor();
	store_head();
	store_burst_head();
#else
	write_samples();
	write_descriptor();
	store_burst_head();
	store_head();
#endif
	d_step {
		head = PLUS(head, fits);
		burst_head = (burst_head + 1) & (BURSTS - 1);
		sample_clock = CLOCK(sample_clock + fits);
		pending_lost = 0;
		true_head = head;
		true_clock = sample_clock;
		untold = 0
	}
}

/* zcring_stream_lose(). */
inline lose(samples)
{
	d_step {
		pending_lost = CLOCK(pending_lost + samples);
		sample_clock = CLOCK(sample_clock + samples);
		lost = CLOCK(lost + samples);
#ifdef MUTANT_LOSS_TWICE
		lost = CLOCK(lost + samples);
#endif
		true_clock = sample_clock;
		untold = pending_lost
	}
}

/* zcring_stream_account(): stream_check_tail(), stream_free_bursts(). */
inline account()
{
	load(CONSUMER, TAIL, D, n);
	d_step {
		assert(DIFF(n, tail) <= DIFF(head, tail));
		tail = n;
		n = 0;
		do
		:: burst_tail != burst_head && REACHED(tail, burst_ends[SLOT(burst_tail)]) ->
			burst_ends[SLOT(burst_tail)] = 0;
			burst_tail = (burst_tail + 1) & (BURSTS - 1)
		:: else -> break
		od;
		bursts_full = BURST_DIFF(burst_head, burst_tail) == SLOTS
	}
}

/* zcring_stream_room(). */
inline ask_room()
{
	account();
	room = SIZE - DIFF(head, tail);
#ifdef MUTANT_IGNORE_TAIL
	room = SIZE;
#endif
#ifdef MUTANT_ROOM_FOR_ONE_MORE
	room++;
#endif
#ifndef MUTANT_IGNORE_BURSTS
	if
	:: bursts_full -> room = 0
	:: else
	fi
#endif
}

/* zcring_front_take(); the caller accounts. */
inline take()
{
	if
	:: due > 0 ->
		ask_room();
		fits = (room < due -> room : due);
		room = 0;
		if
		:: fits > 0 -> publish()
		:: else
		fi;
		lose(due - fits);
		fits = 0;
		due = 0
	:: else
	fi
}

/* emulator::wake_reader(), zcring_device_notify(), zcring_stream_readable(); after the fence. */
inline look_and_wake()
{
	load(CONSUMER, WAITING, 0, n);
	if
	:: n && state != RUNNING -> event = 1
	:: n && state == RUNNING ->
		load(CONSUMER, TAIL, D, n);
		if
		:: head == n
		:: head != n && (DIFF(head, n) == SIZE || (bursts_full && tail == n)) -> event = 1
		:: else ->
			load(CONSUMER, WATERMARK, 0, n);
			if
			:: REACHED(head, n) -> event = 1
			:: else
			fi
		fi
	:: else
	fi;
	n = 0
}

/* Whether there is a reason to wake the sleeper, by the true state. */
#define REASON	(state != RUNNING || REACHED(head, true_watermark))

inline turn_ends()
{
	assert(!(asleep && !event && REASON));
	assert(sample_clock == CLOCK(head + lost))
}

inline store_state()
{
	store(PRODUCER, STATE, STOPPED, M);
	if
	:: store(PRODUCER, STATE, GONE, M); last = GONE
	:: last = STOPPED
	fi
}

#if defined(MUTANT_NO_WAKE_ON_STOP)
#define WAKES	(state != STOPPED)
#elif defined(MUTANT_NO_WAKE_ON_UNPLUG)
#define WAKES	(state != GONE)
#else
#define WAKES	true
#endif

inline fence_before_look()
{
	full_fence(PRODUCER, CONSUMER, F);
	looking = 1
}

/* Turns; after the last turn a stop or an unplug. */
proctype producer()
{
	byte head, tail, burst_head, burst_tail, burst_ends[SLOTS];
	byte sample_clock, lost, pending_lost;
	byte state, last, n, room, fits, due;
	bit bursts_full;

	do
	:: state != RUNNING -> break
	:: else ->
		atomic {
			if
			:: sample_clock + 1 <= RUN -> due = 1
			:: sample_clock + 2 <= RUN -> due = 2
#if SIZE > 2
			:: sample_clock + SIZE <= RUN -> due = SIZE
#endif
			:: sample_clock + 1 <= RUN -> due = 1; last = STOPPED
			:: due = 0; last = STOPPED
			fi;
#ifdef MUTANT_STATE_BEFORE_LAST_HEAD
			if
			:: last -> store_state()
			:: else
			fi;
#endif
			take()
		}
		atomic {
			account();
			if
			:: last == RUNNING -> fence_before_look(); goto look
			:: else
			fi;
#ifndef MUTANT_STATE_BEFORE_LAST_HEAD
			store_state();
#endif
			state = last
		}
		atomic { fence_before_look() }
look:
		atomic {
			if
			:: WAKES -> look_and_wake()
			:: else
			fi;
			looking = 0;
			forget_unobservable();
			turn_ends()
		}
	od
}

/* ---- The consumer: lib/src/reader.cc, emulator.cc. ---- */

/* find_gap(): reads the next descriptor, even if its samples are past the head. */
inline look_at_descriptor()
{
	if
	:: scanned != burst_head ->
		slot = SLOT(scanned);
		assert(NO_RACE(PRODUCER, DESCRIPTOR(scanned)));
		assert(burst_index[slot] != NOTHING);
		if
		:: burst_index[slot] == here ->
			assert(left == 0);
			assert(burst_clock[slot] == CLOCK(consumer_clock + burst_lost[slot]));
			consumer_clock = burst_clock[slot];
			left = burst_samples[slot];
			scanned = (scanned + 1) & (BURSTS - 1)
		:: else
		fi
	:: else
	fi
}

inline read_sample()
{
	assert(NO_RACE(PRODUCER, SAMPLE(here)));
	assert(sample[PLACE(here)] == here)
}

/* reader::acquire(), with a caller that reads the samples at once. */
inline acquire_samples()
{
	load(PRODUCER, BURST_HEAD, L, burst_head);
	skip;
	d_step {
		do
		:: n > 0 ->
			here = cursor;
			look_at_descriptor();
			assert(left > 0);
			read_sample();
			left--;
			consumer_clock = CLOCK(consumer_clock + 1);
			cursor = PLUS(cursor, 1);
			n--
		:: else -> break
		od;
		here = cursor;
		if	/* find_gap() reads a descriptor but keeps it for later */
		:: scanned != burst_head -> assert(NO_RACE(PRODUCER, DESCRIPTOR(scanned)))
		:: else
		fi
	}
}

/* With a caller that reads the samples until now. */
inline read_held()
{
	atomic {
		do
		:: tail != until ->
			here = tail;
			read_sample();
			sample[PLACE(here)] = NOTHING;
			store(CONSUMER, SAMPLE(here), 0, 0);
			tail = PLUS(tail, 1);
			true_tail = tail
		:: else -> break
		od;
		do
		:: oldest != burst_head ->
			slot = SLOT(oldest);
			assert(NO_RACE(PRODUCER, DESCRIPTOR(oldest)));
			if
			:: REACHED(tail, PLUS(burst_index[slot], burst_samples[slot])) ->
				store(CONSUMER, DESCRIPTOR(oldest), 0, 0);
				burst_index[slot] = NOTHING;
				burst_samples[slot] = 0;
				burst_lost[slot] = 0;
				burst_clock[slot] = 0;
				oldest = (oldest + 1) & (BURSTS - 1)
			:: else -> break
			fi
		:: else -> break
		od
	}
}

/* reader::release(). */
inline release_samples()
{
	load(PRODUCER, BURST_HEAD, L, burst_head);
#ifdef MUTANT_TAIL_BEFORE_READ
	store(CONSUMER, TAIL, until, C);
	read_held()
#else
	read_held();
	store(CONSUMER, TAIL, until, C)
#endif
}

/* emulator::wait(), once before and once after the fence. */
inline say_waiting()
{
	store(CONSUMER, WATERMARK, PLUS(cursor, wanted), 0);
	store(CONSUMER, WAITING, 1, 0)
}

inline look_again()
{
	load(PRODUCER, HEAD, B, head);
	if
	:: REACHED(head, PLUS(cursor, wanted))
	:: else ->
		load(PRODUCER, STATE, N, state);
		if
		:: state == RUNNING -> asleep = 1; true_watermark = PLUS(cursor, wanted)
		:: else
		fi
	fi;
	head = 0;
	state = RUNNING
}

inline load_state_and_head()
{
#ifdef MUTANT_HEAD_BEFORE_STATE
	load(PRODUCER, HEAD, B, head);
	load(PRODUCER, STATE, N, state);
#else
	load(PRODUCER, STATE, N, state);
	load(PRODUCER, HEAD, B, head);
#endif
	n = DIFF(head, cursor);
	head = 0
}

/* reader::wait(), acquire() and release(), for ever. */
proctype consumer()
{
	byte tail, cursor, oldest, scanned, until;
	byte left;		/* samples of the burst that the cursor is in */
	byte head, burst_head, state, n;
	byte wanted;		/* 0: the next wait() begins */

	do
	:: atomic {
		if
		:: wanted == 0 -> wanted = 1
		:: wanted == 0 -> wanted = SIZE - DIFF(cursor, tail)
		:: wanted != 0
		fi;
		load_state_and_head();
		if
		:: n >= wanted -> goto acquire
		:: else
		fi;
		load(PRODUCER, BURST_HEAD, L, burst_head);
		if
		:: state == RUNNING && BURST_DIFF(burst_head, oldest) != SLOTS -> goto sleep
		:: else
		fi;
		if
		:: n > 0 -> goto acquire
		:: n == 0 && state != RUNNING -> goto end
		:: else -> until = cursor; goto release	/* in the code, by another thread */
		fi;
acquire:
		if
		:: n > 1 -> n = 1
		:: skip
		fi;
		acquire_samples();
		wanted = 0;
		until = tail;
		if
		:: until = cursor
		:: DIFF(cursor, tail) > 1 -> until = PLUS(tail, 1)
		:: DIFF(cursor, tail) < SIZE
		fi;
release:
		if
		:: until != tail -> release_samples()
		:: else
		fi;
		n = 0;
		until = 0;
		burst_head = 0;
		state = RUNNING;
		goto again;
sleep:
		n = 0;
		burst_head = 0;
#ifndef MUTANT_WAITING_AFTER_LOOK
		say_waiting()
#endif
	   }
		atomic { full_fence(CONSUMER, PRODUCER, E); forget_unobservable() }
		atomic {
			look_again();
#ifdef MUTANT_WAITING_AFTER_LOOK
			say_waiting();
#endif
			if
			:: asleep
			:: else -> store(CONSUMER, WAITING, 0, 0); goto again
			fi
		}
		atomic {
			event -> event = 0;
			asleep = 0;
			true_watermark = 0;
			store(CONSUMER, WAITING, 0, 0)
		}
again:
		skip
	od;
end:
	atomic {
		assert(cursor == true_head);
		assert(CLOCK(consumer_clock + untold) == true_clock);
	}
}

init {
	d_step {
		at = 0;
		do
		:: at < SIZE -> sample[at] = NOTHING; at++
		:: else -> break
		od;
		at = 0;
		do
		:: at < SLOTS -> burst_index[at] = NOTHING; at++
		:: else -> break
		od
	}
	atomic {
		run producer();
		run consumer()
	}
}
