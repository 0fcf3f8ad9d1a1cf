# build/soak, short: whatever happens to a server, its books close in the end. The books decide, not the
# clock. UPGRADE_TEST_SOAK=30 for as many minutes.
use strict;
use warnings;
use Test::More;
use Apache::Test ();

my $top     = $ENV{UPGRADE_TEST_TOP} or die 'run this through build/test';
my $folder  = Apache::Test::vars('t_logs') . '/soak';
my $minutes = $ENV{UPGRADE_TEST_SOAK} || 0.1;
my $table   = qx{$top/build/soak $minutes $folder 2>&1};
my $status  = $? >> 8;

my @rows = $table =~ /^\| (.+?) \| (ok|FAILED) \| (.*?) \|$/mg;
cmp_ok @rows / 3, '>=', 34, 'everything is checked';
while (my ($what, $is, $figures) = splice @rows, 0, 3) {
    is $is, 'ok', "$what: $figures";
}
is $status, 0, 'and that is its status' or diag $table;

done_testing;
