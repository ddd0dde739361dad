/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that two sides share, for the models of this directory. A model defines PLACES, PLAIN,
 * which is 3, and LOG_MOST before it includes this file.
 *
 * Memory follows C11: `log[side]` holds, in program order, the stores of a side that the other side
 * need not see yet. A load returns the value of the load before, or of any later store to that place;
 * different places have no order between them, unless
 *   - an acquire reads from a release: then all stores before the release are seen, too;
 *   - both sides have a full fence: the later fence sees all stores before the earlier one. A full
 *     fence alone makes no plain access safe.
 * A plain access must happen after every access that conflicts with it: reads are in the log like
 * stores, and an access to a place with an entry in the log is a race, which an assertion finds. As
 * plain accesses never race, a reordering of them by processor or compiler cannot be observed.
 *
 * A step consists of loads and then stores: a load may be delayed to the next store, as it can still
 * return an old value, and a store may be moved forward to the load before it, as the other side need
 * not see it. A full fence is a step of its own. Each model asserts that no more than LOG
 * stores of a side are ever in flight.
 */
#ifndef LOG
#define LOG		LOG_MOST
#endif

typedef side {
	byte place[LOG];	/* oldest first */
	byte value[LOG];
	bit released[LOG];
	byte entries;
	byte fenced;		/* entries before the last full fence */
	byte pending[PLACES];	/* entries for each place */
	byte seen[PLAIN];	/* by the other side */
	byte behind[PLAIN]	/* entries made visible by an acquire of the value seen */
};

side log[2];

hidden byte at, k;

#define leave(who, count, i) \
	log[who].count = log[who].count - (i < log[who].count -> 1 : 0)

/* The other side sees entry number i. */
inline arrive(who, i)
{
	if
	:: log[who].place[i] < PLAIN ->
		log[who].seen[log[who].place[i]] = log[who].value[i];
		log[who].behind[log[who].place[i]] = (log[who].released[i] -> i : 0)
	:: else
	fi;
	log[who].pending[log[who].place[i]]--;
	leave(who, fenced, i);
	leave(who, behind[0], i);
	leave(who, behind[1], i);
	leave(who, behind[2], i);
	log[who].entries--;
	k = i;
	do
	:: k < log[who].entries ->
		log[who].place[k] = log[who].place[k + 1];
		log[who].value[k] = log[who].value[k + 1];
		log[who].released[k] = log[who].released[k + 1];
		k++
	:: else -> break
	od;
	log[who].place[k] = 0;
	log[who].value[k] = 0;
	log[who].released[k] = 0
}

inline store(who, where, what, release)
{
	d_step {
		assert(log[who].entries < LOG);
		log[who].place[log[who].entries] = where;
		log[who].value[log[who].entries] = what;
		log[who].released[log[who].entries] = release;
		log[who].pending[where]++;
		log[who].entries++
	}
}

/* By the side other than who. */
inline load(who, where, acquire, result)
{
	atomic {
		do
		:: log[who].pending[where] > 0 ->
			d_step {
				at = 0;
				do
				:: log[who].place[at] != where -> at++
				:: else -> break
				od;
				arrive(who, at)
			}
		:: break
		od;
		skip;
		d_step {
			do
			:: acquire && log[who].behind[where] > 0 -> arrive(who, 0)
			:: else -> break
			od
		}
		result = log[who].seen[where]
	}
}

inline full_fence(who, other, there)
{
	d_step {
		if
		:: there ->
			log[who].fenced = log[who].entries;
			at = 0;
			do
			:: at < log[other].fenced ->
				if
				:: log[other].place[at] < PLAIN -> arrive(other, at)
				:: else -> at++
				fi
			:: else -> break
			od
		:: else
		fi
	}
}

/* A race if the other side has an access to the place that did not happen before. */
#define NO_RACE(other, place)	(log[other].pending[place] == 0)
