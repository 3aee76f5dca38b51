/* ui/fuzzy.h - does a few letters mean this word? Pure. */
#ifndef UI_FUZZY_H
#define UI_FUZZY_H

/* How well the letters of `typed` are found in s in that order, without case: higher is better, beginnings of
 * words and neighbours count; -1: they are not. "" fits everything with 0. */
int fuzzy_score(const char *typed, const char *s);

#endif
