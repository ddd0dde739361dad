/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring of a live feed, for Spin: kmod/engine/ring.h, feed.c and intake.c. The letters are those of
 * ring.h. `check` explores every state, for rings of SIZE samples of which HISTORY are kept after their
 * time, and then runs mutations, each of which breaks one thing: every mutation must fail.
 *
 * Memory follows C11 (memory.pml).
 *
 * Proved for each feed of up to RUN samples:
 *   - no sample is read before it is written, nor overwritten while it is needed;
 *   - what the engine hears is what the feeder wrote, or silence; and it is what was decided when the
 *     block was begun, as often as the engine looks;
 *   - only what the feeder announced as silence is taken for that; all other silence is counted;
 *   - at the end of the feed the stream stops after the last sample;
 *   - no deadlock.
 *
 * Differences between model and code:
 *   - One receiver with D = 1, and one channel. A feeder that waits for room is left out: it sleeps as
 *     the consumer of ring.pml does.
 *   - A late sample may be put into the ring or not. A feeder stops writing whenever it likes.
 *   - The runs that the engine remembers are one word for each sample here.
 */
#ifndef SIZE
#define SIZE	2
#endif
#ifndef HISTORY
#define HISTORY	1
#endif
#ifndef RUN
#define RUN	4	/* most samples of the feed, and of the engine after its beginning */
#endif

/* Each ordering: 1 as in the code, 0 in a mutation. */
#ifndef O
#define O 1
#endif
#ifndef P
#define P 1
#endif
#ifndef Q
#define Q 1
#endif
#ifndef R
#define R 1
#endif
#ifndef S
#define S 1
#endif
#ifndef T
#define T 1
#endif
#ifndef U
#define U 1
#endif
#ifndef V
#define V 1
#endif

#define FEEDER		0
#define ENGINE		1

/* Places that the feeder stores to, places of the engine, then places of plain accesses. */
#define WRITTEN		0
#define SILENT_UNTIL	1
#define ENDED		2
#define FREED		0
#define CLOCK		1
#define PLAIN		3
#define PLACE(index)	((index) & (SIZE - 1))
#define SAMPLE(index)	(PLAIN + PLACE(index))
#define PLACES		(PLAIN + SIZE)

#define LOG_MOST	((RUN + 2) * (HISTORY + 3))
#include "memory.pml"

#define NOTHING		255
#define ZERO		254

/* What the feeder did at an index, and what the engine has decided. */
#define NONE		0
#define SAMPLES		1
#define SILENCE		2
#define UNDERFLOW	3

#define MOST(a, b)	((a) > (b) -> (a) : (b))
#define LEAST(a, b)	((a) < (b) -> (a) : (b))

byte sample[SIZE];	/* index, ZERO or NOTHING */
byte fed[RUN + 2];	/* by index */
byte decision[RUN + 2];
byte true_position, true_freed;

hidden byte i;

/* The feeder puts a sample, or silence, into the ring. */
inline put(index, what)
{
	assert(index < true_freed + SIZE);
	assert(NO_RACE(ENGINE, SAMPLE(index)));
	sample[PLACE(index)] = what;
	store(FEEDER, SAMPLE(index), 0, 0)
}

/* ---- The feeder: feed.c. ---- */

inline write_silence()
{
	i = MOST(clock, committed);
	do
	:: i < position -> put(i, ZERO); i++
	:: else -> break
	od
}

/* Late samples need not be put into the ring. */
inline write_samples()
{
	i = position;
	if
	:: i < clock -> i = LEAST(clock, position + n)
	:: skip
	fi;
	do
	:: i < position + n -> put(i, i); i++
	:: else -> break
	od
}

inline store_written()
{
	store(FEEDER, WRITTEN, position + n, O)
}

inline commit()
{
	load(ENGINE, CLOCK, 0, clock);
	d_step {
		i = position;
		do
		:: i < position + n -> fed[i] = SAMPLES; i++
		:: else -> break
		od;
		true_position = position + n
	}
#ifdef MUTANT_WRITTEN_BEFORE_SAMPLES
	store_written();
	write_silence();
	write_samples();
#else
#ifndef MUTANT_SILENCE_NOT_WRITTEN
	write_silence();
#endif
	write_samples();
	store_written();
#endif
	position = position + n;
	committed = position
}

inline announce()
{
	d_step {
		i = position;
		do
		:: i < position + n -> fed[i] = SILENCE; i++
		:: else -> break
		od;
		position = position + n;
		true_position = position
	}
	store(FEEDER, SILENT_UNTIL, position, Q)
}

#ifdef MUTANT_ROOM_FOR_ONE_MORE
#define ROOM	(freed + SIZE + 1)
#else
#define ROOM	(freed + SIZE)
#endif

proctype feeder()
{
	byte position, committed, freed, clock, n;

	do
	:: atomic {
		if
		:: position + 1 <= RUN -> n = 1
		:: position + 2 <= RUN -> n = 2
		:: position == RUN -> n = 0
		fi;
		if
		:: n > 0 -> announce()
		:: n > 0 ->
			load(ENGINE, FREED, T, freed);
			if
			:: position + n <= ROOM -> commit()
			:: else
			fi
		:: store(FEEDER, ENDED, 1, U); goto end
		:: goto end
		fi;
		freed = 0;
		clock = 0;
		n = 0
	   }
	od;
end:
	skip
}

/* ---- The engine: intake.c. ---- */

inline load_written()
{
	load(FEEDER, WRITTEN, P, n);
	written = MOST(written, n)
}

/* intake_look(): what was announced last is loaded first. */
inline look()
{
#if defined(MUTANT_WRITTEN_FIRST)
	load_written();
	load(FEEDER, ENDED, V, has_ended);
	load(FEEDER, SILENT_UNTIL, R, until);
#elif defined(MUTANT_ENDED_LAST)
	load(FEEDER, SILENT_UNTIL, R, until);
	load_written();
	load(FEEDER, ENDED, V, has_ended);
#else
	load(FEEDER, ENDED, V, has_ended);
	load(FEEDER, SILENT_UNTIL, R, until);
	load_written();
#endif
	until = MOST(until, written);
	n = 0
}

/* intake_next_run(): up to due samples that are alike. */
inline decide()
{
	d_step {
		if
		:: until > passed -> decided = LEAST(passed + due, until)
		:: else -> decided = LEAST(passed + due, (has_ended -> passed : RUN + 2))
		fi;
		i = passed;
		do
		:: i < decided ->
			decision[i] = (i < written -> SAMPLES : (i < until -> SILENCE : UNDERFLOW));
			assert(decision[i] == UNDERFLOW || decision[i] == SILENCE ||
			       fed[i] != NONE);
			assert(decision[i] != SILENCE || fed[i] == SILENCE);
			i++
		:: else -> break
		od
	}
}

#ifdef MUTANT_DECIDE_AGAIN
#define IS_HEARD(index)	(index < written)
#else
#define IS_HEARD(index)	(decision[index] == SAMPLES)
#endif

/* receive_samples(), of a block and of what the filter looks back at. */
inline receive()
{
	i = (passed > HISTORY -> passed - HISTORY : 0);
	do
	:: i < decided ->
		assert(IS_HEARD(i) == (decision[i] == SAMPLES));
		if
		:: IS_HEARD(i) ->
			assert(NO_RACE(FEEDER, SAMPLE(i)));
			assert(sample[PLACE(i)] == (fed[i] == SILENCE -> ZERO : i));
			store(ENGINE, SAMPLE(i), 0, 0)
		:: else
		fi;
		i++
	:: else -> break
	od
}

inline free()
{
	store(ENGINE, FREED, true_freed, S)
}

proctype engine()
{
	byte passed, decided, written, until, due, n;
	bit has_ended;

	do
	:: passed >= RUN + 2 -> break
	:: else ->
		atomic {
			if
			:: due = 1
			:: due = 2
			fi;
			look();
			if
			:: has_ended && passed >= until ->
				assert(until == true_position);
				goto end
			:: !has_ended && until == 0 -> goto wait	/* it has not begun */
			:: else
			fi;
			if
			:: passed + due > RUN + 2 -> goto end
			:: else
			fi;
			decide();
			store(ENGINE, CLOCK, decided, 0)
		}
		atomic {	/* another step of the same block */
#ifdef MUTANT_DECIDE_AGAIN
			load_written();
			n = 0;
#endif
#ifdef MUTANT_FREE_BEFORE_READ
			true_freed = (decided > HISTORY -> decided - HISTORY : 0);
			free();
			receive();
#else
			receive();
			true_freed = (decided > HISTORY -> decided - HISTORY : 0);
#ifdef MUTANT_NO_HISTORY
			store(ENGINE, FREED, decided, S);
#else
			free();
#endif
#endif
			passed = decided;
		}
wait:
		atomic {
			has_ended = 0;
			until = 0;
			due = 0;
			decided = 0
		}
	od;
end:
	skip
}

init {
	d_step {
		i = 0;
		do
		:: i < SIZE -> sample[i] = NOTHING; i++
		:: else -> break
		od;
		i = 0
	}
	atomic {
		run feeder();
		run engine()
	}
}
